"""The first page of open doors, the questions, and a post that its author pastes. Works without script or cookie."""

import base64
import re
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.kernel.geo import Position, distance_m
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import doors, pacing
from necmergitur.operations.population.doors import circles
from necmergitur.operations.population.doors_ports import Tools
from necmergitur.operations.ports import Unreachable
from necmergitur.people import posts
from necmergitur.people.crises import Crisis
from necmergitur.web.dialogue.limits import Limit, address_of, network_of
from necmergitur.web.doors import where, words
from necmergitur.web.doors.forms import STEPS, Post, Step
from necmergitur.web.population.state import KEYS, town
from necmergitur.web.store import CLOCK, store

MAKING = Limit(12)  # offers and requests of one address in ten minutes: a hall's network has several people behind it
CARRIED = 32  # ours: fields of all steps together
TOOLS = Tools(KEYS.of, secrets.token_bytes, settings.ORIGIN.url.rstrip("/"), settings.REGION)
EXAMPLE = "#portesouvertes 11e 3 places"
_ONCE = re.compile(r"[\w-]{22}")


@never_cache
@require_safe
def home(request: HttpRequest, drill: str | None = None) -> HttpResponse:
    """Official shelters first, with the places left; then the two doors."""
    crisis = _crisis(drill)
    if crisis is None:
        return private(render(request, "doors/closed.html", {"drill": bool(drill)}))
    now = CLOCK.now()
    try:
        with store().transaction() as tx:
            shelters, areas = tx.shelters(crisis.id), tx.closed_areas(crisis.id)
    except Unreachable:
        shelters, areas = [], []
    closed = circles(areas)
    shown = [one for one in shelters if one.open and not _inside(one.lon, one.lat, closed)]
    context = _context(crisis) | {
        "shelters": [{"row": one, "kind": words.SHELTERS[one.kind]} for one in sorted(shown, key=lambda s: -s.left)],
        "closed": [{"row": one, "words": words.CLOSED[one.kind]} for one in areas],
        "now": now,
    }
    return private(render(request, "doors/home.html", context))


# No session stands behind these forms, so there is nothing a forged one could use.
@csrf_exempt
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def wizard(request: HttpRequest, kind: str, drill: str | None = None) -> HttpResponse:
    """One question after the other; what was answered is carried along in the form, and nowhere else."""
    crisis = _crisis(drill)
    if crisis is None:
        return _closed(request, kind, bool(drill))
    steps, said = STEPS[kind], request.POST if request.method == "POST" else QueryDict()
    number = _number(said.get("step"), len(steps))
    if request.method != "POST":
        return _step(request, crisis, kind, 0, said, None)
    if "back" in said:
        return _step(request, crisis, kind, max(0, number - 1), said, None)
    form = steps[number].form(said)
    if form.is_valid():
        _check_place(form)
    if not form.is_valid():
        return _step(request, crisis, kind, number, said, form, status=422)
    if number + 1 < len(steps):
        return _step(request, crisis, kind, number + 1, said, None)
    return _take(request, crisis, kind, said, form)


@csrf_exempt
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def post(request: HttpRequest, drill: str | None = None) -> HttpResponse:
    """Read a pasted post into a draft, and begin the questions with what it says. Nothing of it is kept."""
    crisis = _crisis(drill)
    if crisis is None:
        return private(render(request, "doors/closed.html", {"drill": bool(drill)}))
    form = Post(request.POST or None)
    context = _context(crisis) | {"form": form, "example": EXAMPLE}
    if request.method == "POST" and form.is_valid():
        draft = posts.read(form.cleaned_data["text"])
        kind = request.POST.get("kind") if request.POST.get("kind") in STEPS else draft.kind
        if kind in STEPS:
            return _step(request, crisis, str(kind), 0, _drafted(draft), None, drafted=True)
        context["unsure"] = True
    return private(render(request, "doors/post.html", context, status=422 if form.errors else 200))


def _closed(request: HttpRequest, kind: str, drill: bool) -> HttpResponse:
    """Say that nothing is open; whoever was writing meanwhile finds what they wrote, and may send it when it opens."""
    if request.method != "POST":
        return private(render(request, "doors/closed.html", {"drill": drill}))
    kept = [(name, text) for name in list(request.POST)[:CARRIED] for text in request.POST.getlist(name) if text]
    told = []
    for step in STEPS[kind]:
        for name, field in step.form().fields.items():
            said = [dict(getattr(field, "choices", ())).get(text, text) for text in request.POST.getlist(name) if text]
            told += [(field.label, one) for one in said]
    context = {"drill": drill, "typed": told, "kept": kept}
    return private(render(request, "doors/closed.html", context, status=409))


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of search engines, and its address out of others' logs."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _within(request: HttpRequest, crisis: Crisis) -> bool:
    """Count one more offer or request of a network, in all processes together; what cannot be counted is not taken."""
    network, key = network_of(address_of(request)), TOOLS.key_of(crisis.id)
    try:
        return (
            MAKING.passed(network)
            and key is not None
            and pacing.within(store(), crisis, key, "door", network, MAKING.most, CLOCK.now())
        )
    except Unreachable:
        return True  # the store says so itself, in a moment, with what was typed


def _take(request: HttpRequest, crisis: Crisis, kind: str, said: QueryDict, form: Any) -> HttpResponse:
    if not _within(request, crisis):
        form.add_error(None, words_of("too_many"))
        return _step(request, crisis, kind, len(STEPS[kind]) - 1, said, form, status=429)
    take = doors.offer if kind == "offer" else doors.ask
    at = where.place_of(said.get("quarter", ""), said.get("near", ""))
    try:
        outcome = take(store(), TOOLS, crisis, _once(said), _fields(said), at, CLOCK.now())
    except Unreachable:
        outcome = (Refusal(rule="unreachable"),)
    if isinstance(outcome, str):
        page = "host" if kind == "offer" else "guest"
        return private(redirect(reverse("doors:mine", args=[page, outcome]), permanent=False))
    number, problems = _where_wrong(kind, outcome)
    if number < len(STEPS[kind]) - 1:
        form = STEPS[kind][number].form(said)
    for field, words_ in problems:
        form.add_error(field if field in form.fields else None, words_)
    status = 503 if outcome[0].rule == "unreachable" else 422
    return _step(request, crisis, kind, number, said, form, status=status)


def _where_wrong(kind: str, refusals: tuple[Refusal, ...]) -> tuple[int, list[tuple[str | None, str]]]:
    """Return the first page with something to mend, and what."""
    steps = STEPS[kind]
    by_step: dict[int, list[tuple[str | None, str]]] = {}
    for one in refusals:
        field = one.facts.get("field")
        number = next((n for n, step in enumerate(steps) if field in step.form.base_fields), len(steps) - 1)
        by_step.setdefault(number, []).append((field, words_of(one.rule)))
    first = min(by_step)
    return first, by_step[first]


def _check_place(form: Any) -> None:
    """Say at once that a street is not known, where it is asked for."""
    if "near" in form.fields and where.place_of(form.cleaned_data["quarter"], form.cleaned_data["near"]) is None:
        form.add_error("near", words_of("near_unknown"))


def _step(
    request: HttpRequest,
    crisis: Crisis,
    kind: str,
    number: int,
    said: QueryDict,
    form: Any,
    *,
    status: int = 200,
    drafted: bool = False,
) -> HttpResponse:
    step: Step = STEPS[kind][number]
    if form is None:
        form = step.form(initial={name: _initial(said, name) for name in step.form.base_fields if name in said})
    carried = [(name, value) for name in said for value in said.getlist(name) if name not in step.form.base_fields]
    context = _context(crisis) | {
        "kind": kind,
        "form": form,
        "title": step.title,
        "step": number,
        "number": number + 1,
        "of": len(STEPS[kind]),
        "carried": [(n, v) for n, v in carried if n not in ("step", "once", "back")][:CARRIED],
        "once": said.get("once") if _ONCE.fullmatch(said.get("once", "")) else secrets.token_urlsafe(16),
        "last": number + 1 == len(STEPS[kind]),
        "drafted": drafted,
    }
    return private(render(request, "doors/step.html", context, status=status))


def _initial(said: QueryDict, name: str) -> Any:
    return said.getlist(name) if name in ("needs", "spoken") else said.get(name)


def _fields(said: QueryDict) -> dict[str, str]:
    """Return the answers as the rules read them."""
    fields = {name: said.get(name, "") for name in ("name", "phone", "address", "people", "places", "hours", "words")}
    fields |= dict.fromkeys(said.getlist("needs"), "yes")
    return fields | {"languages": " ".join(said.getlist("spoken")), "language": get_language() or "fr"}


def _drafted(draft: posts.Draft) -> QueryDict:
    said = QueryDict(mutable=True)
    if draft.count:
        said["people" if draft.kind == "ask" else "places"] = str(draft.count)
    needs = [name for name in ("children", "animals", "wheelchair", "women_only") if getattr(draft, name)]
    if draft.kind == "ask" and draft.women_only:
        needs.append("all_women")
    said.setlist("needs", needs)
    said.setlist("spoken", list(draft.languages))
    names = where.quarters()
    if draft.district:
        named = re.compile(rf"(?<!\d)0*{draft.district}(?!\d)")
        found = [name for name in names if named.search(name)]
        if len(found) == 1:
            said["quarter"] = found[0]
    return said


def _once(said: QueryDict) -> bytes:
    text = said.get("once", "")
    return base64.urlsafe_b64decode(text + "==") if _ONCE.fullmatch(text) else secrets.token_bytes(16)


def _number(text: str | None, steps: int) -> int:
    return min(int(text), steps - 1) if text and text.isascii() and text.isdigit() and len(text) < 3 else 0


def words_of(rule: str) -> str:
    """Return a refusal in words."""
    return str(words.PROBLEMS.get(rule, words.PROBLEMS["match_over"]))


def _crisis(drill: str | None) -> Crisis | None:
    """Return the crisis whose doors are open. Raises Unreachable: what is not known is not "none"."""
    found = town()
    if not found.known:
        raise Unreachable("the database did not say which crises there are")
    return found.of(drill=bool(drill)) if found.offers(doors.SERVICE, drill=bool(drill)) else None


def _context(crisis: Crisis) -> dict[str, Any]:
    return {"crisis": crisis, "drill": crisis.drill, "prefix": "/drill" if crisis.drill else ""}


def _inside(lon: float, lat: float, closed: Any) -> bool:

    return any(distance_m(Position(lon, lat), area.middle) <= area.radius_m for area in closed)
