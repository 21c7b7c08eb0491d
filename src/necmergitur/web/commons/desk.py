"""The desk's rooms and equipment: what there is, who asked, a yes, a no, and back again."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from necmergitur.innovation.booking import HOLDS, State
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.rules import require
from necmergitur.web.commons import bookings, pages, showing, views, writing
from necmergitur.web.commons.constants import LISTED_MOST
from necmergitur.web.commons.forms import BookForm, ReasonForm, ThingForm
from necmergitur.web.commons.models import Booking, Thing
from necmergitur.web.programme import rights
from necmergitur.web.store import CLOCK

PART = "things"
DEEDS = {"confirm": State.CONFIRMED, "decline": State.DECLINED, "cancel": State.CANCELLED}


@require(rights.may_read)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, and the week."""
    now = CLOCK.now()
    waiting = Booking.objects.filter(state=State.ASKED, ends__gt=now).select_related("thing").order_by("begins")
    things = list(Thing.objects.order_by("closed_at", "name_fr")[:LISTED_MOST])
    lent = [one for one in things if one.closed_at is None]
    context = {
        "waiting": showing.told(list(waiting[:LISTED_MOST])),
        "week": showing.week(lent, showing.monday_of(request, now, lent), names=True),
        "closed": [showing.thing(one) for one in things if one.closed_at is not None],
    }
    return pages.desk(request, "home.html", PART, context)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a thing, or change what is said of one."""
    row = get_object_or_404(Thing, pk=pk) if pk else None
    initial = {} if row else {"days": [0, 1, 2, 3, 4], "opens": "09:00", "closes": "18:00"}
    form = ThingForm(request.POST or None, instance=row, initial=initial)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = form.save()
            pages.note(request, "thing:written" if row else "thing:added", made.pk)
        return redirect("commons:desk-thing", made.pk)
    context = {"form": form, "row": row and showing.thing(row)}
    return pages.desk(request, "write.html", PART, context, 422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thing(request: HttpRequest, pk: int) -> HttpResponse:
    """One thing: its week, its bookings; the desk books it here."""
    found = get_object_or_404(Thing, pk=pk)
    may_run = rights.may_run(request.user) and found.closed_at is None
    form, refused = views.typed(request) if may_run else BookForm(), None
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            made = bookings.ask(found, **form.cleaned_data, by=None, now=CLOCK.now())
            if isinstance(made, Booking):
                pages.note(request, "booking:made", made.pk)
                return redirect("commons:desk-thing", pk)
        refused = made
    page = pages.leaf(request, found.bookings.select_related("thing").order_by("-begins"))
    context = views.book_context(request, found, form, refused) | {
        "week": showing.week([found], showing.monday_of(request, CLOCK.now(), [found]), names=True),
        "page": page,
        "bookings": [_offered(one) for one in showing.told(list(page))],
        "may_book": may_run,
        "is_open": form.is_bound or "week" in request.POST,
    }
    return pages.desk(request, "thing.html", PART, context, views.status_of(form, refused))


def _offered(one: dict[str, Any]) -> dict[str, Any]:
    row, ahead = one["row"], one["row"].ends > CLOCK.now()
    return {**one, "ahead": ahead, "may_undo": ahead and bool(row.before)}


@require(rights.may_run)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Lend a thing no more, or again. What was promised stays promised."""
    found = get_object_or_404(Thing, pk=pk)
    with transaction.atomic():
        found.closed_at = None if found.closed_at else CLOCK.now()
        found.save(update_fields=["closed_at"])
        pages.note(request, "thing:closed" if found.closed_at else "thing:opened", pk)
    return redirect("commons:desk-thing", pk)


@require(rights.may_run)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking, with what is done about it."""
    found = get_object_or_404(Booking.objects.select_related("thing"), pk=pk)
    form = ReasonForm(request.POST or None, initial={"answer": found.answer})
    if request.method == "POST" and form.is_valid():
        refused = _do(request, found, request.POST.get("do", ""), form.cleaned_data["answer"])
        if refused is not None:
            return pages.refused(request, refused, request.path)
        return redirect("commons:desk-booking", pk)
    told = _offered(showing.told([found])[0])
    context = {"one": told, "form": form, "holds": found.state in HOLDS, "back": reverse("commons:desk")}
    return pages.desk(request, "booking.html", PART, context, 422 if form.is_bound else 200)


def _do(request: HttpRequest, found: Booking, what: str, answer: str) -> Refusal | None:
    now = CLOCK.now()
    with transaction.atomic():
        if what == "undo":
            refused = bookings.undo(found, now, by_desk=True, answer=answer)
        elif what in DEEDS:
            refused = bookings.move(found, DEEDS[what], now, answer)
        else:
            return Refusal(rule="booking_moved_on")
        if refused is None:
            pages.note(request, f"booking:{what}", found.pk)
            found.refresh_from_db()
            writing.tell(found, now)
    return refused
