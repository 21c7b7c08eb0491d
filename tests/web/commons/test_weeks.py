"""Which week is shown beside a booking, and that turning it loses nothing that was typed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from necmergitur.innovation.booking import Hours, next_open, week_of
from necmergitur.web.commons.models import Booking
from tests.web.commons.lending import HERE, anybody, partner, sent, thing, tomorrow
from tests.web.pages import City

TYPED = "Our <own> trial"


def named(day: date) -> str:
    """Return how the page in English heads the week of a day."""
    monday = week_of(day)
    return f"Week of {monday.day} {monday:%B %Y}"


def today(days: int = 0) -> date:
    """Return a coming day on the clock of the city."""
    return timezone.localdate() + timedelta(days=days)


def places(city: City, **changes: Any) -> list[tuple[Any, str]]:
    """Return who books a thing, and where: a partner behind their link, the desk on its own page."""
    room, (_one, mine) = thing(**changes), partner()
    return [(anybody(), f"{mine}things/{room.pk}/"), (city.client("analyst"), f"{HERE}things/{room.pk}/")]


def test_a_refused_booking_shows_the_week_that_was_asked_for(city: City) -> None:
    for browser, page in places(city):
        answer = browser.post(page, sent(tomorrow(7, days=23), tomorrow(8, days=23), TYPED))
        shown = answer.content.decode()
        assert answer.status_code == 422 and named(today(23)) in shown, "not this week: there nothing was asked for"
        answer = browser.post(f"{page}?week={today(40)}", sent(tomorrow(7, days=23), tomorrow(8, days=23), TYPED))
        assert named(today(23)) in answer.content.decode(), "whatever week was looked at before"
        answer = browser.post(f"{page}?week={today(40)}", sent("tomorrow", "", TYPED))
        assert named(today(40)) in answer.content.decode(), "what is no day leaves the week as it was"


def test_turning_the_week_keeps_what_was_typed_and_books_nothing(city: City) -> None:
    for browser, page in places(city):
        begins = tomorrow(10, days=2)
        answer = browser.post(page, sent(begins, "", TYPED) | {"week": today(9).isoformat()})
        shown = answer.content.decode()
        assert answer.status_code == 200 and named(today(9)) in shown
        assert f'value="{begins}"' in shown and "Our &lt;own&gt; trial" in shown
        assert "error" not in shown.partition("<form")[2].partition("</form>")[0], "nothing was asked for yet"
        assert f'name="week" value="{week_of(today(9)) + timedelta(days=7)}"' in shown
        assert not Booking.objects.exists()


def test_the_week_of_the_next_hour_to_be_had_is_shown_first(city: City) -> None:
    yesterday = today(-1)
    for browser, page in [*places(city, days=[yesterday.weekday()]), (anybody(), "/programme/resources/")]:
        assert named(yesterday + timedelta(days=7)) in browser.get(page).content.decode(), page


@pytest.mark.parametrize(
    ("now", "days", "found"),
    [
        (datetime(2026, 11, 27, 16, 59, tzinfo=UTC), (0, 1, 2, 3, 4), date(2026, 11, 27)),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), (0, 1, 2, 3, 4), date(2026, 11, 30)),
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), (0, 1, 2, 3, 4), date(2026, 11, 30)),
        (datetime(2026, 11, 28, 23, 30, tzinfo=UTC), (6,), date(2026, 11, 29)),
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), (), None),
    ],
)
def test_the_next_day_it_is_open_is_found(now: datetime, days: tuple[int, ...], found: date | None) -> None:
    assert next_open(Hours(time(9), time(18), days), now, ZoneInfo("Europe/Paris")) == found


def test_what_never_closes_is_open_today_until_midnight() -> None:
    late = datetime(2026, 11, 28, 22, 59, tzinfo=UTC)
    for closes in (time(0), time(9)):
        hours = Hours(time(9) if closes == time(9) else time(8), closes, (5,))
        assert next_open(hours, late, ZoneInfo("Europe/Paris")) == date(2026, 11, 28)
