"""Break-glass as people use it: ask, confirm, read under it, judge it. Each step is a fact and is told at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from necmergitur.dispatch.incidents import Incident
from necmergitur.governance import breakglass, gate
from necmergitur.governance.breakglass import (
    Asked,
    BreakGlass,
    BreakGlassAsked,
    BreakGlassEvent,
    BreakGlassReviewed,
    BreakGlassUsed,
    Scope,
    Who,
)
from necmergitur.governance.passes import Pass
from necmergitur.kernel.events import Fact
from necmergitur.kernel.ids import IdSource
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import subjects
from necmergitur.operations.ports import Effect
from necmergitur.operations.registry import RegistryTransaction

# On every screen, from the confirmation until it is judged; the effect of that name tells each DPO.
ALARM = "break_glass"
EFFECT = "break_glass"
_USED = msgspec.json.Decoder(BreakGlassUsed)


class GlassTransaction(RegistryTransaction, Protocol):
    """A transaction that knows of broken glass."""

    def glass(self, glass_id: UUID) -> BreakGlass | None:
        """Return one glass."""
        ...

    def unreviewed_glass(self) -> BreakGlass | None:
        """Return the glass that was broken and not judged yet."""
        ...

    def enter_glass(self, state: BreakGlass, reason: str, seq: int) -> None:
        """Store a glass just asked for."""
        ...

    def change_glass(self, state: BreakGlass, seq: int, review: str | None = None) -> None:
        """Store a glass as changed."""
        ...


class Cabinet(Protocol):
    """Where broken glass is kept."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Open a GlassTransaction."""
        ...

    @property
    def ids(self) -> IdSource:
        """Where new identifiers come from."""
        ...


def ask(
    cabinet: Cabinet, scope: str, readers: str, incident_id: UUID, reason: str, by: Who, now: datetime, stream: str = ""
) -> BreakGlass | Refusal:
    """Ask that something be opened. Nothing is, until somebody else confirms. Raises Unreachable."""
    asked = Asked(
        id=cabinet.ids.new(), scope=scope, readers=readers, incident_id=incident_id, reason=reason, stream=stream
    )
    with cabinet.transaction() as tx:
        tx.serialise()
        live = _is_live(tx.incident(incident_id))
        event = breakglass.ask(asked, by, tx.unreviewed_glass(), now, live=live)
        if isinstance(event, Refusal):
            return event
        state = breakglass.evolve(None, event)
        tx.enter_glass(state, reason.strip(), _append(tx, state, event, by, now, reason.strip()))
        return state


def confirm(cabinet: Cabinet, glass_id: UUID, by: Who, now: datetime) -> BreakGlass | Refusal:
    """Agree as a second person: it is open from now on, every screen says so and every DPO is told."""

    def decide(tx: GlassTransaction, state: BreakGlass) -> BreakGlassEvent | Refusal:
        live = _is_live(tx.incident(state.incident_id))
        return breakglass.confirm(state, by, tx.unreviewed_glass(), now, live=live)

    def tell(tx: GlassTransaction, after: BreakGlass) -> None:
        incident = tx.incident(after.incident_id)
        assert incident is not None
        assert after.ends_at is not None
        tx.raise_alarm(ALARM, f"{incident.number}: {after.scope} → {after.readers}", now)
        payload = {
            "id": str(after.id),
            "number": incident.number,
            "scope": after.scope,
            "readers": after.readers,
            "until": after.ends_at.isoformat(),
        }
        tx.enqueue([Effect(kind=EFFECT, dedupe=f"{EFFECT}:{after.id}", payload=payload, due_at=now)])

    return _change(cabinet, glass_id, by, now, decide, tell)


def withdraw(cabinet: Cabinet, glass_id: UUID, by: Who, now: datetime) -> BreakGlass | Refusal:
    """Take back one's own wish."""
    return _change(cabinet, glass_id, by, now, lambda _tx, state: breakglass.withdraw(state, by, now))


def review(
    cabinet: Cabinet, glass_id: UUID, by: Who, words: str, now: datetime, *, justified: bool
) -> BreakGlass | Refusal:
    """Judge it, with words; the alarm ends and the next one may be asked for."""

    def tell(tx: GlassTransaction, _after: BreakGlass) -> None:
        tx.clear_alarm(ALARM, now)

    return _change(
        cabinet,
        glass_id,
        by,
        now,
        lambda tx, state: breakglass.review(state, by, words, now, justified=justified, readers=_readers(tx, state.id)),
        tell,
        words.strip(),
    )


def use(
    tx: GlassTransaction, under: Pass, scope: Scope, incident_id: UUID, what: str, by_id: int, now: datetime
) -> BreakGlass | Refusal:
    """Read under the glass that the gate's pass names, in the caller's transaction; the reading is a fact."""
    tx.serialise()
    state = tx.glass(under.authority)
    if state is None:
        return Refusal(rule="break_glass_unknown")
    return _use(tx, state, scope, incident_id, what, Who(by_id, under.reader), now)


def use_for_readings(tx: GlassTransaction, glass_id: UUID, stream: str, by: Who, now: datetime) -> BreakGlass | Refusal:
    """Read a sensor under this very glass, in the caller's transaction; the reading is a fact."""
    tx.serialise()
    state = tx.glass(glass_id)
    if state is None:
        return Refusal(rule="break_glass_unknown")
    return _use(tx, state, "readings", state.incident_id, stream, by, now)


def _use(
    tx: GlassTransaction, state: BreakGlass, scope: Scope, incident_id: UUID, what: str, by: Who, now: datetime
) -> BreakGlass | Refusal:
    live = _is_live(tx.incident(incident_id))
    event = breakglass.use(state, scope, incident_id, what, by, now, live=live)
    if isinstance(event, Refusal):
        return event
    after = breakglass.evolve(state, event)
    tx.change_glass(after, _append(tx, after, event, by, now))
    return after


def _change(
    cabinet: Cabinet,
    glass_id: UUID,
    by: Who,
    now: datetime,
    decide: Callable[[Any, BreakGlass], BreakGlassEvent | Refusal],
    tell: Callable[[Any, BreakGlass], None] | None = None,
    words: str = "",
) -> BreakGlass | Refusal:
    with cabinet.transaction() as tx:
        tx.serialise()
        state = tx.glass(glass_id)
        if state is None:
            return Refusal(rule="break_glass_unknown")
        event = decide(tx, state)
        if isinstance(event, Refusal):
            return event
        after = breakglass.evolve(state, event)
        review = words if isinstance(event, BreakGlassReviewed) else None
        tx.change_glass(after, _append(tx, after, event, by, now, words), review)
        if tell is not None:
            tell(tx, after)
        return after


def _readers(tx: GlassTransaction, glass_id: UUID) -> set[int]:
    """Return who read under a glass, as its facts tell."""
    facts = tx.stream(breakglass.stream_of(glass_id))
    return {_USED.decode(fact.payload).by.id for fact in facts if fact.kind == BreakGlassUsed.__name__}


def _append(
    tx: GlassTransaction, after: BreakGlass, event: BreakGlassEvent, by: Who, now: datetime, words: str = ""
) -> int:
    """Append one fact; what people wrote about others travels sealed beside it."""
    sealed = tx.seal(words.encode(), subjects.of_incident(after.incident_id)) if words else None
    stream = breakglass.stream_of(after.id)
    fact = Fact(stream=stream, version=after.version, event=event, actor=f"user:{by.id}", personal=sealed)
    assert isinstance(event, BreakGlassAsked) == (after.version == 1)
    return tx.append(gate.admit_record([fact], now))


def _is_live(incident: Incident | None) -> bool:
    return incident is not None and incident.state == "open" and not incident.test
