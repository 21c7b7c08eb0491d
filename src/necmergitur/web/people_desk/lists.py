"""A list of a hospital or of the prefecture, taken in one go: what was taken, what was not and why."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from necmergitur.adapters import lists as tables
from necmergitur.adapters.pfif import reading
from necmergitur.adapters.pfif.reading import Document
from necmergitur.dispatch.incidents import Person
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import exchange
from necmergitur.operations.population.exchange import Sender
from necmergitur.operations.population.missing_ports import Origin
from necmergitur.operations.registry import audit
from necmergitur.people.constants import NAME_MAX
from necmergitur.people.texts import one_line
from necmergitur.web.accounts.rules import require
from necmergitur.web.console import guards, refusals, rights
from necmergitur.web.find import ground
from necmergitur.web.people_desk import desk
from necmergitur.web.store import CLOCK, store

SKIPPED_SHOWN_MAX = 50  # ours


@require(rights.may_tend_people)
@never_cache
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """Show what a list looks like and where it goes in."""
    return desk.page(request, "people_desk/list.html", {"name_max": NAME_MAX}, tab="list", room=desk.room_of(request))


@require(rights.may_tend_people)
@require_safe
def sheet(_request: HttpRequest) -> HttpResponse:
    """An empty sheet to fill in where there is no network."""
    response = HttpResponse(";".join(tables.SHEET) + "\r\n", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="liste.csv"'
    return response


@require(rights.may_tend_people)
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a list in. Sent again, what is in already changes nothing; who must not be found is taken in by no list."""
    room, by, now = desk.room_of(request), desk.who(request), CLOCK.now()
    hospital = one_line(request.POST.get("hospital", ""))[:NAME_MAX]
    sent = request.FILES.get("file")
    outcome: Any = Refusal(rule="crisis_none")
    if room is not None and hospital and sent is not None and (sent.size or 0) <= tables.BYTES_MAX:
        desk.must_open(request, room.crisis, "record", "import")
        read = _read(sent.read(), hospital)
        outcome = read
        if not isinstance(read, Refusal):
            sender = Sender(name=hospital, origin=Origin.LIST, official=True, by=by.id)
            outcome = guards.run(
                request,
                lambda _by, at: exchange.take(
                    store(), room.crisis, room.key, sender, *read, desk.salt, settings.REGION, ground.source(), at
                ),
            )
    elif room is not None:
        outcome = Refusal(rule="list_unreadable" if hospital else "hospital_missing")
    context: dict[str, Any] = {"name_max": NAME_MAX, "hospital": hospital}
    status = 200
    if isinstance(outcome, Refusal):
        context["refusal"], status = refusals.explain(outcome), guards.status_of(outcome)
    else:
        persons, notes = outcome
        context |= {"persons": persons, "notes": notes, "skipped": _skipped(persons, notes)}
        with store().transaction() as tx:
            counted = {"persons": str(persons.written), "skipped": str(len(persons.skipped))}
            person = Person(by.id, "")
            audit(store(), tx, f"{by.role}:list:take", str(room.crisis.id) if room else "", person, now, **counted)
    return desk.page(request, "people_desk/list.html", context, tab="list", room=room, status=status)


def _read(raw: bytes, hospital: str) -> tuple[list[dict[str, str]], list[dict[str, str]]] | Refusal:
    """Read PFIF, or a table."""
    if raw.lstrip()[:1] == b"<":
        document = reading.read(raw)
        return (document.persons, document.notes) if isinstance(document, Document) else document
    return tables.read(raw, _host(hospital), hospital, CLOCK.now())


def _host(hospital: str) -> str:
    """Return the host under which a hospital's own numbers are kept: none that exists (RFC 2606)."""
    return f"{re.sub(r'[^a-z0-9]+', '-', tables.plain(hospital)).strip('-') or 'list'}.invalid"


def _skipped(*taken: Any) -> list[tuple[str, str]]:
    return [(number, refusals.sentence(Refusal(rule=rule))) for one in taken for number, rule in one.skipped][
        :SKIPPED_SHOWN_MAX
    ]
