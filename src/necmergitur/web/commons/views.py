"""What everybody reads of rooms and equipment; and what people of the programme book behind their private link."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation.booking import Span, State
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.commons import bookings, pages, showing, words
from necmergitur.web.commons.constants import ASKED_MAX, LISTED_MOST, WORDS_KEPT
from necmergitur.web.commons.forms import BookForm
from necmergitur.web.commons.models import Booking, Document, Readers, Thing
from necmergitur.web.commons.who import Who
from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.portal.errors import too_many
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK

asked = Limit(ASKED_MAX)


@require_safe
def things(request: HttpRequest) -> HttpResponse:
    """Rooms and equipment, and when they are taken this week; by whom is nobody's business here."""
    rows = list(Thing.objects.filter(closed_at=None)[:LISTED_MOST])
    monday = showing.monday_of(request, CLOCK.now(), rows)
    context = {"week": showing.week(rows, monday), "may_read": rights.may_read(request.user)}
    return render(request, "commons/things.html", context)


@never_cache
@require_safe
def mine(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody with a link booked, may book, and may read."""
    found = pages.holder(request, token)
    return found if isinstance(found, HttpResponse) else _mine(request, token, found)


def _mine(request: HttpRequest, token: str, by: Who, refused: Refusal | None = None) -> HttpResponse:
    now = CLOCK.now()
    rows = Booking.objects.filter(asker=by.asker, asker_ref=by.ref, ends__gt=now - WORDS_KEPT).select_related("thing")
    may = list(Thing.objects.filter(closed_at=None, askers__contains=[by.asker])[:LISTED_MOST])
    context = {
        "by": by,
        "token": token,
        "bookings": [
            {**one, "may_cancel": one["holds"] and one["row"].ends > now, "may_undo": _may_undo(one["row"])}
            for one in showing.told(list(rows[:LISTED_MOST]))
        ],
        "week": showing.week(may, showing.monday_of(request, now, may)),
        "documents": [
            {"row": one, "title": words.said(one, "title")}
            for one in Document.objects.filter(withdrawn_at=None).exclude(readers=Readers.DESK)[:LISTED_MOST]
        ],
        "why": words.sentence(refused) if refused is not None else "",
    }
    return pages.show_private(request, "mine.html", context, 200 if refused is None else 409)


def _may_undo(row: Booking) -> bool:
    return row.state == State.CANCELLED and bool(row.before) and row.ends > CLOCK.now()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Ask for a thing."""
    by = pages.holder(request, token)
    if isinstance(by, HttpResponse):
        return by
    found = get_object_or_404(Thing, pk=pk, closed_at=None, askers__contains=[by.asker])
    form, refused = typed(request), None
    if form.is_bound and form.is_valid():
        if not asked.passed(f"{by.asker}:{by.ref}"):
            return too_many(request)
        made = bookings.ask(found, **form.cleaned_data, by=by, now=CLOCK.now())
        if isinstance(made, Booking):
            return pages.private(redirect("commons:mine", token))
        refused = made
    context = book_context(request, found, form, refused) | {"token": token, "by": by}
    return pages.show_private(request, "book.html", context, status_of(form, refused))


def typed(request: HttpRequest) -> BookForm:
    """Return a booking's form: as it was typed, and without a word about it when only the week was turned."""
    if "week" in request.POST:
        return BookForm(initial={name: request.POST.get(name, "") for name in BookForm.base_fields})
    return BookForm(request.POST or None)


def book_context(request: HttpRequest, found: Thing, form: BookForm, refused: Refusal | None) -> dict[str, Any]:
    """Return what a booking's page shows: the week, the form as it was typed, and what is free instead."""
    now, free = CLOCK.now(), list[Span]()
    if refused is not None and refused.rule in ("booking_taken", "booking_closed", "booking_overnight"):
        free = bookings.free_next(found, form.cleaned_data["begins"], form.cleaned_data["ends"], now)
    return {
        "thing": showing.thing(found),
        "form": form,
        "week": showing.week([found], showing.monday_of(request, now, [found])),
        "why": words.sentence(refused) if refused is not None else "",
        "asked_free": refused is not None,
        "free": [showing.span(one) for one in free],
    }


def status_of(form: BookForm, refused: Refusal | None) -> int:
    """Return how a booking's page is answered: 409 when somebody has it, 422 when something is to mend."""
    if refused is not None:
        return 409 if refused.rule in ("booking_taken", "booking_too_many") else 422
    return 422 if form.is_bound else 200


@never_cache
@require_POST
def act(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Cancel one's booking, or bring it back."""
    by = pages.holder(request, token)
    if isinstance(by, HttpResponse):
        return by
    found, now = get_object_or_404(Booking, pk=pk, asker=by.asker, asker_ref=by.ref), CLOCK.now()
    if request.POST.get("do") == "undo":
        refused = bookings.undo(found, now, by_desk=False)
    else:
        refused = bookings.move(found, State.CANCELLED, now)
    return pages.private(redirect("commons:mine", token)) if refused is None else _mine(request, token, by, refused)
