"""Ask for a crisis, confirm it, watch what it counts, close it, and see that it was erased."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import crises
from necmergitur.people.constants import CRISIS_ASKED_LASTS, KEPT_AFTER_DRILL
from necmergitur.people.crises import MAY_OPEN, MAY_OVERRIDE, Asked, stream_of
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.rules import Rule, is_dpo, is_duty_officer, is_liaison, require, roles_of
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.console.pages import show
from necmergitur.web.crises import area, words
from necmergitur.web.crises.forms import AskForm
from necmergitur.web.facts.models import Crisis, Incident, LedgerEvent
from necmergitur.web.register import places
from necmergitur.web.store import CLOCK, store

SHOWN_MAX = 100
INCIDENTS_MAX = 200  # ours: as many open incidents as a list can still be read
COUNTED_S = 5.0  # ours: a crisis of four million rows is counted at most this often for all screens together
may_watch: Rule = rights.may_see | is_dpo | is_liaison
FIELD_OF = {
    "crisis_name": "name",
    "crisis_area": "radius_km",
    "crisis_services": "services",
    "crisis_languages": "languages",
    "crisis_kept": "kept_days",
    "incident_not_open": "incident",
    "reason_missing": "reason",
}
_counted: dict[tuple[str, UUID], tuple[float, dict[str, int]]] = {}


@require(may_watch)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, what is open, what is closed and not erased yet, and all that was."""
    about = request.GET.get("incident", "")
    return _page(request, _form(request, initial={"incident": about, "real": "crisis"} if about else None))


@require(rights.may_open_crisis)
@never_cache
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask that services open; a second person has ten minutes to agree."""
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    by = _who(request, vital=form.cleaned_data.get("vital", False))
    asked = _asked(form.cleaned_data)
    outcome = guards.run(request, lambda _by, now: crises.ask(store(), asked, by, now))
    if isinstance(outcome, Refusal):
        form.add_error(FIELD_OF.get(outcome.rule), refusals.sentence(outcome))
        return _page(request, form, guards.status_of(outcome))
    return redirect("crises:home")


@require(may_watch)
@never_cache
@require_safe
def crisis(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One crisis: its area, its steps with their facts, what it counts."""
    row = get_object_or_404(Crisis.objects.select_related("incident"), pk=pk)
    now = CLOCK.now()
    told = _told(row, now, _names([row]))
    facts = LedgerEvent.objects.filter(stream=stream_of(pk)).order_by("seq")
    steps = [{"seq": one.seq, "at": one.recorded_at, "word": words.STEPS.get(one.kind, one.kind)} for one in facts]
    report = next((one.payload["counts"] for one in facts if one.kind == "CrisisClosed"), None)
    erased = next((one.payload["counts"] for one in facts if one.kind == "CrisisErased"), None)
    context = told | {
        "steps": steps,
        "area": area.of(row.lon, row.lat, row.radius_m),
        "report": None if report is None else words.counted(report),
        "erased": None if erased is None else words.counted(erased),
        "counts": words.counted(_counts(pk)) if told["open"] else [],
        "may_open": rights.may_open_crisis(request.user),
        "me": request.user.pk,
        "tab": "crises",
    }
    return show(request, "crises/crisis.html", context, here="supervisor")


@require(may_watch)
@never_cache
@require_safe
def counts(_request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return what an open crisis counts now, for the page that shows it."""
    row = get_object_or_404(Crisis, pk=pk)
    if not _is_open(row):
        return JsonResponse({"open": False, "counts": {}})
    return JsonResponse({"open": True, "counts": _counts(pk)})


@require(rights.may_open_crisis)
@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree as the second person: the services are open from now on, and every screen says so."""
    by, keys = _who(request), KeyFiles(settings.HOME)
    return _answer(request, guards.run(request, lambda _by, now: crises.confirm(store(), keys, pk, by, now)))


@require(rights.may_open_crisis)
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one's own wish back."""
    by = _who(request)
    return _answer(request, guards.run(request, lambda _by, now: crises.withdraw(store(), pk, by, now)))


@require(rights.may_open_crisis)
@require_POST
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close it: nothing more is taken, the counts are published, the erasure clock starts."""
    by = _who(request)
    return _answer(request, guards.run(request, lambda _by, now: crises.close(store(), pk, by, now)))


def _form(request: HttpRequest, data: Any = None, initial: Any = None) -> AskForm:
    rows = Incident.objects.filter(state="open", test=False).order_by("-opened_at", "id")[:INCIDENTS_MAX]
    return AskForm(
        data,
        initial=initial,
        incidents=[(str(one.id), f"{one.number} · {one.label}") for one in rows],
        vital=is_duty_officer(request.user),
    )


def _asked(said: dict[str, Any]) -> Asked:
    incident_id = UUID(said["incident"]) if said["incident"] else None
    drill = said["real"] == "drill"
    return Asked(
        id=store().ids.new(),
        incident_id=incident_id,
        name=said["name"],
        middle=_middle(incident_id),
        radius_m=said["radius_km"] * 1000,
        services=tuple(said["services"]),
        languages=tuple(said["languages"]),
        kept=timedelta(days=said["kept_days"]) or (KEPT_AFTER_DRILL if drill else timedelta()),
        drill=drill,
        reason=said["reason"],
        vital=said.get("vital", False),
    )


def _middle(incident_id: UUID | None) -> Position:
    """Return where the incident is; without one, or before anybody knows, the middle of the city."""
    row = None if incident_id is None else Incident.objects.filter(id=incident_id).first()
    if row is not None:
        return Position(row.lon, row.lat)
    outline = places.ground().outline
    if outline.is_empty:
        return Position(0.0, 0.0)
    middle = outline.representative_point()
    return Position(middle.x, middle.y)


def _page(request: HttpRequest, form: AskForm, status: int = 200) -> HttpResponse:
    now = CLOCK.now()
    rows = list(Crisis.objects.select_related("incident").order_by("-asked_at", "id")[:SHOWN_MAX])
    names = _names(rows)
    told = [_told(row, now, names) for row in rows]
    opened = [one for one in told if one["open"]]
    waiting = [one for one in told if one["waits"]]
    for one in waiting:
        one["area"] = area.of(one["row"].lon, one["row"].lat, one["row"].radius_m)
    for one in opened:
        one["counts"] = words.counted(_counts(one["row"].id))
    kept = [one for one in told if one["row"].closed_at is not None and one["row"].erased_at is None]
    context = {
        "waiting": waiting,
        "opened": opened,
        "kept": kept,
        "past": [one for one in told if one not in opened and one not in waiting and one not in kept],
        "form": form,
        "may_open": rights.may_open_crisis(request.user),
        "me": request.user.pk,
        "tab": "crises",
        "may_supervise": rights.may_supervise(request.user),
    }
    return show(request, "crises/home.html", context, here="supervisor", status=status)


def _names(rows: list[Crisis]) -> dict[int, str]:
    people = {number for row in rows for number in (row.asked_by, row.confirmed_by, row.closed_by) if number}
    return dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))


def _told(row: Crisis, now: datetime, names: dict[int, str]) -> dict[str, Any]:
    undecided = row.opened_at is None and row.withdrawn_at is None
    return {
        "row": row,
        "services": [words.SHORT.get(name, name) for name in row.services],
        "radius_km": row.radius_m / 1000,
        "kept_days": round(row.kept_s / 86_400),
        "languages": [dict(settings.LANGUAGES).get(code, code) for code in row.languages],
        "waits": undecided and now < row.asked_at + CRISIS_ASKED_LASTS,
        "open": _is_open(row),
        "until": row.asked_at + CRISIS_ASKED_LASTS,
        "asked_by": names.get(row.asked_by, row.asked_role),
        "confirmed_by": names.get(row.confirmed_by or 0, row.confirmed_role),
        "closed_by": names.get(row.closed_by or 0, ""),
    }


def _is_open(row: Crisis) -> bool:
    return row.opened_at is not None and row.closed_at is None


def _counts(pk: UUID) -> dict[str, int]:
    """Return what a crisis counts, at most COUNTED_S old."""
    key = (settings.DATABASES["default"]["NAME"], pk)
    held = _counted.get(key)
    if held is not None and monotonic() - held[0] < COUNTED_S:
        return held[1]
    with store().transaction() as tx:
        found = dict(tx.crisis_counts(pk))
    _counted.clear()
    _counted[key] = (monotonic(), found)
    return found


def _who(request: HttpRequest, *, vital: bool = False) -> Who:
    """Return who acts, and as what: whoever says that lives are at stake does so as a duty officer."""
    held = {role.value for role in roles_of(cast(User, request.user))}
    wanted = (MAY_OVERRIDE, *MAY_OPEN) if vital else MAY_OPEN
    return Who(cast(User, request.user).pk, next((role for role in wanted if role in held), ""))


def _answer(request: HttpRequest, outcome: Any) -> HttpResponse:
    return guards.answer(request, outcome, reverse("crises:home"))
