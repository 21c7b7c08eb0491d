"""Check the record: recompute every hash, and hold the read tables against what the facts tell."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from necmergitur.dispatch import incidents, missions
from necmergitur.governance import assessments, authorisations, breakglass, proposals, sensors, signing
from necmergitur.ledger.chain import GENESIS, Break, backwards, verify
from necmergitur.operations.ports import Store, Transaction
from necmergitur.people import crises

EVER = datetime(2015, 11, 13, tzinfo=UTC)  # when the standing authorisations begin: the gate as it was since then
PAGE = 5_000  # facts read in one transaction
DIFFERING_MAX = 100  # streams named in a report; the first is what somebody looks at


class Head(msgspec.Struct, frozen=True):
    """The newest fact: its sequence number and hash. Whoever keeps one can tell whether the record was cut since."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what `str` writes. Raises ValueError."""
        seq, _, digest = text.strip().partition(":")
        head = cls(int(seq), bytes.fromhex(digest))
        if head.seq < 0 or len(head.hash) != len(GENESIS):
            raise ValueError("a head is a sequence number, a colon and 64 hexadecimal digits")
        return head


class Report(msgspec.Struct, frozen=True):
    """What holds: how many facts, up to which head; and what a reader should know although nothing is broken.

    `erased` sealed parts are gone, as retention does; `backwards` are facts recorded well before an earlier one;
    `differing` are streams whose row in a read table is not what their facts tell.
    """

    facts: int
    head: Head
    erased: int
    backwards: tuple[int, ...]
    differing: tuple[str, ...]


class _Story(msgspec.Struct, frozen=True):
    """How the facts of one kind of stream become a row. `place`: the field that is a person's place in some.

    `kinds`: the facts that tell of the row, of a stream that has others by the thousand.
    """

    decoder: msgspec.json.Decoder[Any]
    evolve: Callable[[Any, Any], Any]
    row: Callable[[Any, str], Any]  # each asks what its own port offers (operations.trust, operations.proposing, …)
    place: str = ""
    kinds: tuple[str, ...] | None = None


def _party(tx: Any, key: str) -> Any:
    return next((party for party in tx.parties() if str(party.id) == key), None)


def _sensor(tx: Any, key: str) -> Any:
    found = tx.sensors([key])
    return sensors.told_of(found[0]) if found else None


_STORIES: Mapping[str, _Story] = {
    "incident": _Story(
        msgspec.json.Decoder(incidents.IncidentEvent),
        incidents.evolve,
        lambda tx, key: tx.incident(UUID(key)),
        "position",
    ),
    "mission": _Story(
        msgspec.json.Decoder(missions.MissionEvent), missions.evolve, lambda tx, key: tx.mission(UUID(key)), "target"
    ),
    "authorisation": _Story(
        msgspec.json.Decoder(authorisations.AuthorisationEvent),
        authorisations.evolve,
        lambda tx, key: tx.authorisation(UUID(key)),
    ),
    "assessment": _Story(
        msgspec.json.Decoder(assessments.AssessmentEvent), assessments.evolve, lambda tx, key: tx.assessment(UUID(key))
    ),
    "proposal": _Story(
        msgspec.json.Decoder(proposals.ProposalEvent), proposals.evolve, lambda tx, key: tx.terms_proposal(UUID(key))
    ),
    "party": _Story(msgspec.json.Decoder(signing.PartyEvent), signing.evolve, _party),
    "breakglass": _Story(
        msgspec.json.Decoder(breakglass.BreakGlassEvent), breakglass.evolve, lambda tx, key: tx.glass(UUID(key))
    ),
    "crisis": _Story(msgspec.json.Decoder(crises.CrisisEvent), crises.evolve, lambda tx, key: tx.crisis(UUID(key))),
    "sensor": _Story(
        msgspec.json.Decoder(sensors.SensorEvent),
        sensors.evolve,
        _sensor,
        kinds=tuple(kind.__name__ for kind in get_args(sensors.SensorEvent)),
    ),
}


def check_ledger(store: Store, since: Head | None = None) -> Break | Report:
    """Return the first break, or what holds. Raises Unreachable.

    With `since`, a head kept earlier, the check begins there: that fact must still be in its place.
    """
    start = since or Head(0, GENESIS)
    broken = _lost(store, start)
    if broken is not None:
        return broken
    last, hash_, latest = start.seq, start.hash, None
    erased, back = 0, list[int]()
    streams: set[str] = set()
    while True:  # until the last page
        with store.transaction() as tx:
            page = list(tx.tail(last, PAGE))
        if not page:
            break
        checked = verify(page, hash_, last + 1)
        if isinstance(checked, Break):
            return checked
        found, hash_ = checked
        last += found
        told, latest = backwards(page, latest)
        back += told
        erased += sum(fact.personal is None and fact.personal_hash is not None for fact in page)
        streams.update(fact.stream for fact in page)
    differing = _differing(store, streams)
    return Report(last - start.seq, Head(last, hash_), erased, tuple(back), tuple(differing))


def _lost(store: Store, kept: Head) -> Break | None:
    """Return what became of the fact whose head somebody kept; None while it stands."""
    if kept.seq == 0:
        return None
    with store.transaction() as tx:
        fact = next(iter(tx.tail(kept.seq - 1, 1)), None)
    if fact is None:
        return Break(kept.seq, "missing: the record ends before a head that somebody kept")
    if fact.hash != kept.hash:
        return Break(kept.seq, "is not the fact whose hash somebody kept")
    checked = verify([fact], fact.prev_hash, kept.seq)
    return checked if isinstance(checked, Break) else None


def _differing(store: Store, streams: set[str]) -> list[str]:
    """Return the streams whose row is not the fold of their facts, and what opens something that no fact tells of."""
    with store.transaction() as tx:
        told = _opening(tx)
    found: list[str] = []
    for stream in sorted(s for s in streams | told if s.partition(":")[0] in _STORIES):
        with store.transaction() as tx:
            agrees = _agrees(tx, stream)
        if not agrees:
            with store.transaction() as tx:
                tx.serialise()  # a fact may have come between the two reads
                agrees = _agrees(tx, stream)
        if not agrees:
            found.append(stream)
        if len(found) >= DIFFERING_MAX:
            break
    return found


def _opening(tx: Any) -> set[str]:
    """Return the streams of every row that opens something: a row without a fact has a stream nobody wrote to."""
    found = {missions.stream_of(mission.id) for mission in tx.live_missions()}
    found |= {signing.stream_of(party.id) for party in tx.parties()}
    for items in tx.gate_table(EVER).by_modality.values():
        for item in items:
            found.add(authorisations.stream_of(item.id))
            if item.paper is not None:
                found.add(assessments.stream_of(item.paper.terms.assessment_id))
    return found


def _agrees(tx: Transaction, stream: str) -> bool:
    prefix, _, key = stream.partition(":")
    story = _STORIES[prefix]
    facts = tx.stream(stream, story.kinds)
    row = story.row(tx, key)
    state: Any = None
    hidden = False
    try:
        for fact in facts:
            event = story.decoder.decode(fact.payload)
            hidden = hidden or (bool(story.place) and getattr(event, story.place, event) is None)
            state = story.evolve(state, event)
    except (msgspec.ValidationError, ValueError):
        return False
    if hidden and row is not None:
        # Where a person is travels beside the fact, sealed, and is erased in time: it cannot be told from here.
        untold = {story.place, "placed"} & set(row.__struct_fields__)  # erased, an incident is unplaced too
        state = msgspec.structs.replace(state, **{name: getattr(row, name) for name in untold})
    return bool(state == row)
