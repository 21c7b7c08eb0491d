"""Exchange with other registries, at the addresses and with the parameters of Google Person Finder.

`key` is a partner's token. With `people:read` it reads appeals, without what only the people concerned may read; with
`people:full`, every notice but minors' and the hidden ones. A death leaves only once the family was told.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters.crisis_keys import CrisisKey
from necmergitur.adapters.pfif import reading, writing
from necmergitur.adapters.pfif.reading import BYTES_MAX, Document
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import exchange
from necmergitur.operations.population.exchange import Exported, Sender
from necmergitur.operations.population.missing_ports import Origin
from necmergitur.operations.ports import Unreachable
from necmergitur.people.crises import Crisis
from necmergitur.people.records import Person, date_of
from necmergitur.web.api import tokens
from necmergitur.web.api.models import ApiToken
from necmergitur.web.dialogue.limits import Limit, address_of
from necmergitur.web.find import ground
from necmergitur.web.store import CLOCK, store

RESULTS_MAX = 200  # Person Finder's HARD_MAX_RESULTS
FEED_RESULTS = 10  # Person Finder's usual length of a feed
SEARCH_RESULTS = 100  # and of a search
SCANNED_MAX = 2_000  # ours: appeals a search reads through when no index is at hand
CALLS = Limit(600)  # ours, for each token in ten minutes: one a second
WRONG = Limit(30)  # ours, for each address: a key that is wrong ten times is not a slip
READ, FULL, WRITE = "people:read", "people:full", "people:write"
DENIED = "Missing or invalid authorization key\n"


def _plain(text: str, status: int) -> HttpResponse:
    return ground.private(HttpResponse(text, content_type="text/plain; charset=utf-8", status=status))


def _xml(body: bytes) -> HttpResponse:
    return ground.private(HttpResponse(body, content_type=writing.MEDIA_TYPE))


@sensitive_variables("given")
def _token(request: HttpRequest, *scopes: str) -> ApiToken | HttpResponse:
    """Return the token of the key given, when it has one of these scopes and does not ask too often."""
    given = request.GET.get("key", "") or request.headers.get("Authorization", "").removeprefix("Bearer ")
    row = tokens.find(given)
    if row is None or not set(scopes) & set(row.scopes):
        return _plain(DENIED, 403) if WRONG.passed(address_of(request)) else _plain("Too many requests\n", 429)
    if not CALLS.passed(f"token:{row.pk}"):
        return _plain("Too many requests\n", 429)
    version = request.GET.get("version", writing.VERSION)
    if version != writing.VERSION:
        return _plain(f"Only PFIF {writing.VERSION} is written here\n", 400)
    return row


def _asked(request: HttpRequest, usual: int) -> tuple[datetime | None, int, int] | HttpResponse:
    """Return `min_entry_date`, `skip` and `max_results` as they were asked."""
    text = request.GET.get("min_entry_date", "")
    since = date_of(text) if text else None
    numbers = [request.GET.get("skip", "0") or "0", request.GET.get("max_results", "") or str(usual)]
    if (text and since is None) or not all(n.isascii() and n.isdigit() and len(n) <= 9 for n in numbers):
        return _plain("Invalid parameter\n", 400)
    skip, most = map(int, numbers)
    return since, skip, min(most or usual, RESULTS_MAX)


def _crisis(drill: str = "") -> tuple[Crisis, CrisisKey] | None:
    return ground.opened(drill=bool(drill)) or next(ground.kept(drill=bool(drill)), None)


@require_safe
def person_feed(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Serve the Atom feed of persons."""
    token, asked = _token(request, READ, FULL), _asked(request, FEED_RESULTS)
    for wrong in (token, asked):
        if isinstance(wrong, HttpResponse):
            return wrong
    since, skip, most = asked
    found, now = _crisis(drill), CLOCK.now()
    out = Exported((), {})
    if found is not None:
        full = FULL in token.scopes
        out = exchange.persons(store(), *found, now, full=full, since=since, skip=skip, limit=most)
    notes: Any = {} if request.GET.get("omit_notes") else out.notes
    return _xml(writing.person_feed(_address(request), ground.source(), out.persons, notes, now))


@require_safe
def note_feed(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Serve the Atom feed of notes; of one person with `person_record_id`."""
    token, asked = _token(request, READ, FULL), _asked(request, FEED_RESULTS)
    for wrong in (token, asked):
        if isinstance(wrong, HttpResponse):
            return wrong
    since, skip, most = asked
    found, now, full = _crisis(drill), CLOCK.now(), FULL in token.scopes
    number = request.GET.get("person_record_id", "")
    notes: list[Any] = []
    if found is not None and number:
        out = exchange.person(store(), *found, number, now, full=full)
        notes = [n for of in out.notes.values() for n in of if since is None or (n.entry_date or now) >= since]
        notes = notes[skip : skip + most]
    elif found is not None:
        notes = exchange.notes(store(), *found, now, full=full, since=since, skip=skip, limit=most)
    return _xml(writing.note_feed(_address(request), ground.source(), notes, now))


@require_safe
def read(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Serve one record by its number, with its notes."""
    token = _token(request, READ, FULL)
    if isinstance(token, HttpResponse):
        return token
    number = request.GET.get("id", "")
    if not number:
        return _plain("Missing id parameter\n", 400)
    found, now = _crisis(drill), CLOCK.now()
    out = (
        Exported((), {}) if found is None else exchange.person(store(), *found, number, now, full=FULL in token.scopes)
    )
    if not out.persons:
        return _plain("No person record with this ID\n", 404)
    return _xml(writing.write(out.persons, out.notes))


@require_safe
def search(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Search by number (`id`) or by words of the name (`q`), in appeals alone: no key opens a search of everybody."""
    token, asked = _token(request, READ, FULL), _asked(request, SEARCH_RESULTS)
    for wrong in (token, asked):
        if isinstance(wrong, HttpResponse):
            return wrong
    number, words = request.GET.get("id", ""), request.GET.get("q", "")[:200]
    if not number and not words:
        return _plain("Neither id nor q parameter specified\n", 400)
    found, now = _crisis(drill), CLOCK.now()
    if found is None:
        return _xml(writing.write([], {}))
    if number:
        out = exchange.person(store(), *found, number, now, full=FULL in token.scopes)
        return _xml(writing.write(out.persons, out.notes))
    chosen: list[Person] = []
    notes: dict[str, Any] = {}
    for skip in range(0, SCANNED_MAX, RESULTS_MAX):
        out = exchange.persons(store(), *found, now, full=False, skip=skip, limit=RESULTS_MAX)
        chosen += [one for one in out.persons if exchange.named(one, words)]
        notes |= out.notes
        if len(out.persons) < RESULTS_MAX or len(chosen) >= asked[2]:
            break
    return _xml(writing.write(chosen[: asked[2]], notes))


@csrf_exempt
@require_POST
def write(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Take a PFIF file; say what became of each record."""
    token = _token(request, WRITE)
    if isinstance(token, HttpResponse):
        return token
    raw = request.read(BYTES_MAX + 1)
    document = reading.read(raw)
    if not isinstance(document, Document):
        return _plain(f"Invalid XML: {document.rule}\n", 413 if document.rule == "pfif_too_long" else 400)
    found = ground.opened(drill=bool(drill))
    if found is None:
        return _plain("No crisis is open\n", 409)
    sender = Sender(name=tokens.owner(token), origin=Origin.PARTNER)
    try:
        taken = exchange.take(
            store(),
            *found,
            sender,
            document.persons,
            document.notes,
            ground.salt,
            ground.REGION,
            ground.source(),
            CLOCK.now(),
        )
    except Unreachable:
        return _plain("Not recorded: send the same again\n", 503)
    if isinstance(taken, Refusal):
        return _plain("No crisis is open\n", 409)
    kinds = ("person", "note")
    return _xml(
        writing.status([(kind, of.parsed, of.written, of.skipped) for kind, of in zip(kinds, taken, strict=True)])
    )


def _address(request: HttpRequest) -> str:
    """Return the address of a feed, without its key."""
    asked = request.GET.copy()
    asked.pop("key", None)
    return request.build_absolute_uri(f"{request.path}?{asked.urlencode()}" if asked else request.path)
