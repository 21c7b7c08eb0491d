"""Every stream that ever had a signed paper, as it is at one instant. Nothing here is typed: it is read off papers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import OperationalError, connection

from necmergitur.adapters.postgres.session import SENSORS_HEARD
from necmergitur.governance.gate import FLIGHT, GateTable, Request
from necmergitur.governance.signing import Paper
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Unreachable
from necmergitur.operations.ways import EMERGENCY
from necmergitur.web.facts.models import Authorisation, SystemAlarm
from necmergitur.web.register import signage, words
from necmergitur.web.register.constants import PAPERS_MAX
from necmergitur.web.register.places import Ground
from necmergitur.web.register.sensors import Seen, seen
from necmergitur.web.store import CLOCK, store

BROKER_LOST = "broker_lost"
STALE = "gate_table_stale"  # the gate knows of no paper for certain
NOT_WRITTEN = ("record_full", "log_refused")  # while one stands, the engine shuts every sensor


class Moment(msgspec.Struct, frozen=True):
    """One instant, what the gate allows at it, and whether anybody hears the sensors.

    `alarms`: since when what stands between a sensor and the record is known to be broken, by its name.
    """

    at: datetime
    table: GateTable
    heard: bool
    alarms: Mapping[str, datetime]


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as listed. `rows` are its authorisations, newest first; `row` and `paper` are of the one that counts."""

    name: str
    row: Any
    rows: tuple[Any, ...]
    paper: Paper
    state: str
    why: str
    figures: dict[str, str]
    zones: tuple[str, ...]
    districts: tuple[str, ...]
    seen: Seen | None

    @property
    def terms(self) -> Terms:
        """What its parties signed."""
        return self.paper.terms

    @property
    def kind(self) -> words.Kind:
        """Its technology, in words."""
        return words.kind_of(self.terms.modality)

    @property
    def on(self) -> bool:
        """Whether the gate lets it in at this moment, and somebody hears it and writes it down."""
        return self.state == "on"

    @property
    def shape(self) -> str:
        """The shape its state is drawn with."""
        return words.STATES[self.state][0]

    @property
    def word(self) -> Any:
        """Its state in words."""
        return words.STATES[self.state][1]

    @property
    def why_revoked(self) -> str:
        """Why its paper was withdrawn."""
        return words.why_revoked(self.row.revoked_reason)

    @property
    def elements(self) -> tuple[signage.Element, ...]:
        """Its sign."""
        terms = self.terms
        return signage.elements(terms.modality, terms.purpose, terms.readers, terms.retention_days)


def moment() -> Moment:
    """Read the gate's table now, as whoever writes would. Raises OperationalError: pages know how to say that."""
    now = CLOCK.now()
    try:
        with store().transaction() as tx:
            table = tx.gate_table(now)
    except Unreachable as away:
        raise OperationalError(str(away)) from away
    alarms = SystemAlarm.objects.filter(name__in=(BROKER_LOST, *NOT_WRITTEN), cleared_at=None)
    return Moment(now, table, _heard(), dict(alarms.values_list("name", "raised_at")))


def _heard() -> bool:
    """Return whether an engine listens at this moment: without one nothing enters, and no sensor is told to go on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()",
            [SENSORS_HEARD],
        )
        return cursor.fetchone() is not None


def flights(at: Moment, zone_id: str) -> str:
    """Return whether drones may fly to calls in a zone at this moment, as a state."""
    found = at.table.find(Request(modality=FLIGHT, purpose=EMERGENCY, stream="fleet", zone_id=zone_id), at.at)
    if isinstance(found, Refusal):
        return words.STATE_OF.get(found.rule, "off")
    return "on" if at.heard else "unheard"  # the same engine hears sensors and drones


def every(at: Moment, ground: Ground) -> list[Stream]:
    """Return all streams, those that are on first."""
    rows = Authorisation.objects.filter(kind="stream", paper__isnull=False).order_by("-granted_at", "id")[:PAPERS_MAX]
    grouped: dict[str, list[Authorisation]] = defaultdict(list)
    for row in rows:
        for name in row.streams or ():
            grouped[name].append(row)
    last = seen(grouped)
    found = [_stream(name, mine, at, ground, last.get(name)) for name, mine in grouped.items()]
    return sorted(found, key=lambda one: (not one.on, one.name))


def one(name: str, at: Moment, ground: Ground) -> Stream | None:
    """Return one stream, None when no paper ever named it."""
    rows = list(
        Authorisation.objects.filter(kind="stream", paper__isnull=False, streams__contains=[name]).order_by(
            "-granted_at", "id"
        )[:PAPERS_MAX]
    )
    return _stream(name, rows, at, ground, seen([name]).get(name)) if rows else None


def paper_of(row: Authorisation) -> Paper:
    """Return the signed paper of an authorisation."""
    return msgspec.convert(row.paper, Paper)


def place(of: Stream, ground: Ground) -> tuple[float, float] | None:
    """Return where a stream's device is drawn: where it stands, else within the first zone of its paper."""
    if of.seen is not None:
        return of.seen.lon, of.seen.lat
    return ground.middles.get(of.terms.zones[0])


def _stream(name: str, rows: list[Authorisation], at: Moment, ground: Ground, last: Seen | None) -> Stream:
    found: Any = None
    for row in rows:  # the newest paper that opens; when none does, what the gate says of the newest
        answer = _asked(name, paper_of(row).terms, at, last)
        if found is None or not isinstance(answer, Refusal):
            found = (row, answer)
        if not isinstance(answer, Refusal):
            break
    row, answer = found
    if not isinstance(answer, Refusal):
        row = next((mine for mine in rows if mine.id == answer.id), row)
    paper = paper_of(row)
    state = _state(row, answer, at, last)
    return Stream(
        name=name,
        row=row,
        rows=tuple(rows),
        paper=paper,
        state=state,
        why=words.why_stopped(row.suspended_reason) if state == "suspended" else "",
        figures=words.figures(row.suspended_reason) if state == "suspended" else {},
        zones=tuple(ground.labels.get(zone, zone) for zone in paper.terms.zones),
        districts=_districts(paper.terms.zones, ground),
        seen=last,
    )


def _asked(name: str, terms: Terms, at: Moment, last: Seen | None) -> Any:
    """Ask the gate what a reading of this stream would be answered now, where its device stands."""
    zone = last.zone_id if last is not None else terms.zones[0]
    asked = Request(modality=terms.modality, purpose=terms.purpose, stream=name, zone_id=zone)
    return at.table.find(asked, at.at)


def _state(row: Authorisation, answer: Any, at: Moment, last: Seen | None) -> str:
    if not isinstance(answer, Refusal):
        return _allowed(at, last)
    if answer.rule != STALE:
        # The gate may tell of an older paper, and forgets what ended a week ago: the one shown says how it stands.
        if row.revoked_at is not None:
            return "revoked"
        if row.suspended_at is not None:
            return "suspended"
        if at.at < row.valid_from:
            return "not_yet"
        if row.valid_until is not None and row.valid_until <= at.at:
            return "expired"
    return words.STATE_OF.get(answer.rule, "off")


def _allowed(at: Moment, last: Seen | None) -> str:
    """Return the state of what the gate lets in: whether it stands there, and could be heard and written down."""
    if last is not None and last.retired:
        return "retired"
    if any(name in at.alarms for name in NOT_WRITTEN):
        return "shut"
    # Of several brokers one may be lost: a device that was heard since is behind another.
    lost = at.alarms.get(BROKER_LOST)
    deaf = lost is not None and (last is None or last.heard_at is None or last.heard_at <= lost)
    return "on" if at.heard and not deaf else "unheard"


def _districts(zones: Iterable[str], ground: Ground) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for zone in zones if (name := ground.district_of.get(zone, ""))))
