"""The room in a browser: axe, both languages and themes, no wider than a telephone; a booking made with the keyboard."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Page

from necmergitur.web.commons import letters
from necmergitur.web.commons.models import Booking, Document, Letter, Thing
from tests.innovation.test_documents import pdf
from tests.web.commons.lending import HERE, anybody, partner, sent, thing, tomorrow
from tests.web.commons.test_calendar import written
from tests.web.commons.test_letter import WORDS, reads
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.test_pages import VIEWPORTS, _keep


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_and_a_booking_is_made_by_keyboard(
    city: City, enter: Callable[..., Page]
) -> None:
    room, (_partner, mine), analyst = thing(), partner(), city.client("analyst")
    thing(name_fr="Lidar sur trépied", name_en="Lidar on a tripod", overnight=True)
    anybody().post(f"{mine}things/{room.pk}/", sent(tomorrow(10), tomorrow(12)))
    papers = analyst.post(f"{HERE}documents/new/", {"title_fr": "Règlement", "title_en": "Rules", "readers": "public"})
    analyst.post(papers["Location"], {"file": SimpleUploadedFile("x.pdf", pdf()), "note": "First"})
    written(analyst)
    issue = analyst.post(f"{HERE}letter/new/", WORDS)["Location"]
    out = letters.way_out(reads()).partition("/programme/")[2]
    Letter.objects.update(sent_at=timezone.now())
    document = Document.objects.get()
    public = {
        "things": "/programme/resources/", "mine": mine, "book": f"{mine}things/{room.pk}/",
        "documents": "/programme/documents/", "document": f"/programme/documents/{document.pk}/",
        "calendar": "/programme/calendar/", "letter": "/programme/letter/", "asked": "/programme/letter/asked/",
        "issue": f"/programme/letter/{Letter.objects.get().pk}/", "leave": f"/programme/{out}",
    }  # fmt: skip
    desk = {
        "desk": HERE, "desk-thing": f"{HERE}things/{room.pk}/", "desk-new": f"{HERE}things/new/",
        "desk-booking": f"{HERE}bookings/{Booking.objects.get().pk}/", "desk-documents": f"{HERE}documents/",
        "desk-document": papers["Location"], "desk-letter": f"{HERE}letter/", "desk-issue": issue,
        "desk-letter-new": f"{HERE}letter/new/", "desk-calendar": f"{HERE}calendar/",
        "desk-event-new": f"{HERE}calendar/new/",
    }  # fmt: skip
    problems: list[str] = []
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        for role, places in (("analyst", desk), ("", public)):
            page = enter(role, language, theme, viewport=VIEWPORTS[size])
            for name, place in places.items():
                page.goto(place)
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                problems += [f"{place}: {each}" for each in accessibility_problems(page)]
                problems += [f"{place}: wider than the screen"] if wide else []
                _keep(page, f"commons-{name}-{language}-{theme}-{size}")
    assert problems == [], "\n".join(problems)
    _booked_by_keyboard(enter("", "en"), f"{mine}things/{room.pk}/")


def _booked_by_keyboard(page: Page, place: str) -> None:
    page.goto(place)
    for label, value in (("From", tomorrow(14)), ("Until", tomorrow(15))):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("What for").focus()
    page.keyboard.type("A trial")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/*/")
    assert Booking.objects.filter(what_for="A trial").count() == 1 and Thing.objects.count() == 2
