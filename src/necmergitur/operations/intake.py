"""Presses in: one transaction for a whole batch, and an answer only after its commit.

A press is never refused here (promise 3). Same press again: same answer. The lamp a device lights is the
answer returned by `take`, which the caller sends only once this function has come back.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.dispatch import incidents, matching, opening, placing
from necmergitur.dispatch.availability import coming
from necmergitur.dispatch.constants import CALL_AGAIN_AFTER, MATCH_RADIUS_M, MATCH_WINDOW
from necmergitur.dispatch.incident_events import CallWithdrawn, PlaceStated
from necmergitur.dispatch.incidents import Incident, IncidentEvent, Link
from necmergitur.dispatch.matching import Match
from necmergitur.dispatch.places import Spot
from necmergitur.governance import gate
from necmergitur.governance.authorisations import CALLS_FOR_HELP
from necmergitur.kernel.events import Fact
from necmergitur.kernel.geo import Position
from necmergitur.operations import subjects
from necmergitur.operations.answering import PIN_ACCEPTED, again, compare_pin
from necmergitur.operations.answering import Answer as Answer  # noqa: PLC0414 -- what `take` returns
from necmergitur.operations.answering import Ground as Ground  # noqa: PLC0414 -- and what it asks for
from necmergitur.operations.ports import (
    Around,
    Effect,
    KnownSignal,
    PlacedSignal,
    Proposal,
    Store,
    StoredSignal,
    Transaction,
)
from necmergitur.operations.retry import on_conflict
from necmergitur.signals import press as presses
from necmergitur.signals.constants import ACCURACY_DEFAULT_M, REPEAT_LASTS_MAX
from necmergitur.signals.press import Device, Press, Signal

# Ours: a place stated no better than this is looked for this far; beyond, a human joins what belongs together.
ACCURACY_SOUGHT_MAX_M = 1_000.0
BATCH_MAX = 64  # measured: 12,100 durable appends/s at 64, p50 4 ms


class Received(msgspec.Struct, frozen=True):
    """A press and when it reached us. `pin_digest`: keyed digest of the PIN sent, empty without one."""

    press: Press
    received_at: datetime
    pin_digest: bytes = b""


def take(store: Store, batch: Sequence[Received], ground: Ground, now: datetime) -> list[Answer]:
    """Record a batch of presses (at most BATCH_MAX) and open or join incidents. Raises Unreachable."""
    assert len(batch) <= BATCH_MAX, "callers split batches"
    return on_conflict(store, lambda tx: _take(store, tx, batch, ground, now))


def _take(store: Store, tx: Transaction, batch: Sequence[Received], ground: Ground, now: datetime) -> list[Answer]:
    tx.serialise()
    round_ = _Round(store, tx, batch, ground, now)
    for item in batch:
        round_.one(item)
    round_.write()
    return round_.answers


class _Round:
    """One batch in the making: incidents touched, facts to append, answers to give."""

    def __init__(self, store: Store, tx: Transaction, batch: Sequence[Received], ground: Ground, now: datetime) -> None:
        self.store, self.tx, self.ground, self.now = store, tx, ground, now
        ids = {item.press.device for item in batch}
        keys = [item.press.key for item in batch]
        around = self._around(batch, ids)
        tx.expect_presses(keys, around, now)
        self.known = tx.known_signals(keys)
        self.devices = tx.devices(ids)
        if any(device.installed is None for device in self.devices.values()):
            # Read with every batch that needs it: a city may be imported while we run.
            self.ground = msgspec.structs.replace(ground, middle=tx.city_middle() or ground.middle)
        self.testing = tx.zones_under_test(now)
        near = tx.open_incidents_near(around)
        self.by_device: dict[str, UUID] = {}
        self.incidents: dict[UUID, Incident] = {i.id: i for i in near}
        for device_id, incident in tx.open_incidents_of(ids).items():
            self.incidents[incident.id] = incident
            self.by_device[device_id] = incident.id
        self.touched: set[UUID] = set()
        self.facts: list[Fact] = []
        self.signals: list[StoredSignal] = []
        self.placed: list[PlacedSignal] = []
        self.links: list[tuple[UUID, Link]] = []
        self.proposals: list[Proposal] = []
        self.answers: list[Answer] = []

    def _around(self, batch: Sequence[Received], ids: Collection[str]) -> Around:
        """Return where to look for incidents these presses may belong to (scoring does the rest)."""
        places: list[Position] = []
        accuracy_m = ACCURACY_DEFAULT_M
        for stated in (item.press.position for item in batch):
            if stated is None:
                continue
            try:
                places.append(Position(stated.lon, stated.lat))
            except ValueError:
                continue
            accuracy_m = max(accuracy_m, min(stated.accuracy_m, ACCURACY_SOUGHT_MAX_M))
        return Around(tuple(ids), tuple(places), self.now - MATCH_WINDOW, MATCH_RADIUS_M + accuracy_m)

    def one(self, item: Received) -> None:
        """Decide one press."""
        key = item.press.key
        before = self.known.get(key)
        if before is not None and not self._is_new(before):
            self._complete(item, before)
            self.answers.append(again(key, before))
            return
        device = self.devices.get(item.press.device)
        if device is None:
            self.answers.append(Answer.unlit(key, "unknown_device"))
            return
        pin_is = compare_pin(item.pin_digest, device)
        signal = self._assessed(item, device, pin_is, before)
        self.facts.append(
            Fact(
                stream=f"signal:{signal.id}",
                version=1,
                event=presses.received(signal),
                actor=f"device:{device.id}",
                personal=self._sealed(signal.position, device.id) if signal.personal else None,
            )
        )
        taken_back = signal.kind == "cancel"
        incident_id = self._cancel(signal, device, pin_is) if taken_back else self._join(signal, device)
        self.signals.append(StoredSignal(signal, incident_id, CALLS_FOR_HELP))
        cancelled = PIN_ACCEPTED in signal.flags
        # Under the other PIN the call is to be seen anew: so neither PIN is answered whether somebody has.
        seen = not cancelled and incident_id is not None and self.incidents[incident_id].rung != "received"
        self.known[key] = KnownSignal(
            signal_id=signal.id,
            incident_id=incident_id,
            rung=None,
            recorded_at=self.now,
            turn=signal.turn,
            placed=signal.position is not None,
            cancelled=cancelled,
        )
        self.answers.append(
            Answer(key, lit=True, signal_id=signal.id, incident_id=incident_id, seen=seen, cancelled=cancelled)
        )

    def _is_new(self, before: KnownSignal) -> bool:
        """Return whether the same counters can no longer be a repeat: the device began to count again."""
        return before.over or self.now - before.recorded_at > REPEAT_LASTS_MAX

    def _assessed(self, item: Received, device: Device, pin_is: str, before: KnownSignal | None) -> Signal:
        """Assess a press, in its zone, with what the PIN was taken for: a repeat is answered from that."""
        signal = presses.assess(
            item.press,
            device,
            signal_id=self.store.ids.new(),
            received_at=item.received_at,
            in_test_window=self.testing is None or device.zone_id in self.testing,
            duress=pin_is == "duress",
            fallback=self.ground.middle,
        )
        flags, zone_id, label = signal.flags, signal.zone_id, signal.label
        if signal.kind == "cancel":
            flags += (PIN_ACCEPTED if pin_is in ("cancel", "duress") else "pin_wrong",)
        if before is not None:
            flags += ("counter_reset",)
        if signal.position is not None and (signal.personal or zone_id is None):
            zone_id, named = self._zone(signal.position, label)
            label = named if signal.personal else label
            flags += () if zone_id else ("outside_territory",)
        turn = 0 if before is None else before.turn + 1
        return msgspec.structs.replace(signal, flags=flags, zone_id=zone_id, label=label, turn=turn)

    def _zone(self, position: Position, label: str) -> tuple[str | None, str]:
        """Return the zone of a place, and a name that says it."""
        zone = self.tx.zone_at(position)
        return (None, label) if zone is None else (zone[0], f"{label} · {zone[1]}")

    def _complete(self, item: Received, before: KnownSignal) -> None:
        """Give a call that left without a place the one its repeat states; a search that waited for it begins."""
        device = self.devices.get(item.press.device)
        if before.placed or device is None or device.kind != "personal":
            return
        position, accuracy_m = presses.place_of(item.press, device, self.ground.middle, [])
        if position is None:
            return
        zone_id, label = self._zone(position, device.label)
        self.facts.append(
            Fact(
                stream=f"signal:{before.signal_id}",
                version=2,
                event=presses.PressPlaced(before.signal_id, accuracy_m, zone_id, self.now),
                actor=f"device:{device.id}",
                personal=self._sealed(position, device.id),
            )
        )
        flag = "placed_later" if zone_id else "outside_territory"
        self.placed.append(PlacedSignal(before.signal_id, position, accuracy_m, zone_id, flag))
        self.known[item.press.key] = msgspec.structs.replace(before, placed=True)
        standing = None if before.incident_id is None else self._standing(before.incident_id)
        if standing is not None:
            self._follow(standing, Spot(position, accuracy_m, zone_id, label), device.id)

    def _standing(self, incident_id: UUID) -> Incident | None:
        """Return an incident, or the one it was merged into."""
        state = self.incidents.get(incident_id) or self.tx.incident(incident_id)
        while state is not None and state.merged_into is not None:
            state = self.incidents.get(state.merged_into) or self.tx.incident(state.merged_into)
        return state

    def _follow(self, incident: Incident, spot: Spot, device_id: str) -> None:
        """Move an incident with the personal button it is about."""
        if events := placing.by_device(incident, spot, device_id, self.now):
            self.incidents[incident.id] = incident
            self._apply(incident.id, events, device_id, spot.position)

    def _join(self, signal: Signal, device: Device) -> UUID | None:
        """Attach the signal to an incident, open one, and propose a merge when unsure."""
        if signal.kind == "synthetic" or device.kind == "synthetic":
            return None  # the probe exercises the path to the commit, not the people
        mine = self.by_device.get(device.id)
        found = matching.place(signal, self.incidents.values(), mine, self.now, exercise=self.ground.exercise)
        if found.verdict == "attach" and found.incident_id is not None:
            link = Link(signal.id, device.id, found.score, found.reason)
            quiet = self.now - self.incidents[found.incident_id].last_signal_at
            self._apply(found.incident_id, [incidents.SignalsAttached((link,), self.now)], device.id)
            self.links.append((found.incident_id, link))
            if signal.personal and signal.position is not None:
                spot = Spot(signal.position, signal.accuracy_m, signal.zone_id, signal.label)
                self._follow(self.incidents[found.incident_id], spot, device.id)
            self._raise(found.incident_id, signal, again=signal.personal and quiet >= CALL_AGAIN_AFTER)
            self.by_device[device.id] = found.incident_id
            return found.incident_id
        opened = self._open(signal, device)
        if found.verdict == "propose" and found.incident_id is not None:
            self._propose(opened, found.incident_id, found, device.id)
        return opened

    def _propose(self, opened: UUID, other: UUID, found: Match, device_id: str) -> None:
        """Ask a human whether the incident just opened is the same as `other`."""
        proposal = Proposal(
            id=self.store.ids.new(),
            incident_id=opened,
            other_id=other,
            score=found.score,
            reason=found.reason,
            proposed_at=self.now,
        )
        self.proposals.append(proposal)
        made = incidents.ProposalMade(proposal.id, other, found.score, found.reason, self.now)
        self._apply(opened, [made], device_id)

    def _open(self, signal: Signal, device: Device) -> UUID:
        incident_id = self.store.ids.new()
        place = signal.position or self.ground.middle
        events = opening.open_from(
            signal,
            incident_id=incident_id,
            number="",  # given in `write`, to all that were opened at once
            place=place,
            exercise=self.ground.exercise,
            now=self.now,
            placed=signal.position is not None,
        )
        self._apply(incident_id, events, device.id, place)
        self.links.append((incident_id, Link(signal.id, device.id, 1.0, "first signal")))
        if not signal.test or device.id not in self.by_device:
            self.by_device[device.id] = incident_id
        if signal.duress:
            self._apply(incident_id, [incidents.DuressReported(device.id, self.now)], device.id)
        return incident_id

    def _raise(self, incident_id: UUID, signal: Signal, *, again: bool) -> None:
        """Say what a call that joins an incident changes: `again`, its caller calls once more after a pause."""
        if signal.duress and not self.incidents[incident_id].duress:
            self._duress(incident_id, signal.device_id)
        if signal.test or signal.kind not in presses.CALLS:
            return
        incident = self.incidents[incident_id]
        if incident.cancelled or (again and incident.rung != "received"):
            self._apply(incident_id, [incidents.CallRenewed(signal.device_id, self.now)], signal.device_id)
        if signal.kind in incidents.SEEKS_DRONE and (incident.drone == "none" or incident.cancelled or again):
            self._seek(incident_id, signal.device_id)

    def _seek(self, incident_id: UUID, device_id: str) -> None:
        """Look for a drone, unless one is coming or is looked for already."""
        incident = self.incidents[incident_id]
        if incident.test or incident.drone in ("searching", "refused"):
            return
        if incident.drone != "none" and any(coming(m) for m in self.tx.missions_of(incident_id)):
            return
        self._apply(incident_id, incidents.seek(incident, "", self.now), device_id)

    def _duress(self, incident_id: UUID, device_id: str) -> None:
        """Ring higher, and look again for a drone the caller was made to send away."""
        taken_back = self.incidents[incident_id].cancelled
        self._apply(incident_id, [incidents.DuressReported(device_id, self.now)], device_id)
        if taken_back:
            self._seek(incident_id, device_id)

    def _cancel(self, signal: Signal, device: Device, pin_is: str) -> UUID | None:
        """Take a call back. With the duress PIN the caller sees the same, and we do the opposite."""
        incident_id = self.by_device.get(signal.device_id)
        if incident_id is None or (pin_is == "duress" and self.incidents[incident_id].test):
            # Nothing to take back; but somebody made to do it is calling for help.
            return self._join(msgspec.structs.replace(signal, kind="sos"), device) if pin_is == "duress" else None
        incident = self.incidents[incident_id]
        link = Link(signal.id, signal.device_id, 1.0, "same device")
        self.links.append((incident_id, link))
        self._apply(incident_id, [incidents.SignalsAttached((link,), self.now)], signal.device_id)
        if pin_is == "duress":
            self._duress(incident_id, signal.device_id)
        elif pin_is == "cancel" and not incident.cancelled:
            # What others asked for in the same incident is not one caller's to take back.
            alone = self._callers(incident_id) <= {signal.device_id}
            taken = incidents.CallerCancelled if alone else CallWithdrawn
            self._apply(incident_id, [taken(signal.device_id, self.now)], signal.device_id)
        return incident_id

    def _callers(self, incident_id: UUID) -> frozenset[str]:
        """Return whose calls an incident holds, this batch's too."""
        joined = {link.device_id for held, link in self.links if held == incident_id}
        return self.tx.call_devices_of(incident_id) | joined

    def _apply(
        self, incident_id: UUID, events: list[IncidentEvent], device_id: str, place: Position | None = None
    ) -> Incident:
        """Fold events into the incident and queue them as facts."""
        state = self.incidents.get(incident_id)
        for event in events:
            state = incidents.evolve(state, event)
            sealed = None
            if isinstance(event, incidents.IncidentOpened | PlaceStated) and event.position is None and place:
                sealed, state = self._sealed(place, device_id), msgspec.structs.replace(state, position=place)
            self.facts.append(
                Fact(
                    stream=incidents.stream_of(incident_id),
                    version=state.version,
                    event=event,
                    actor=f"device:{device_id}",
                    personal=sealed,
                )
            )
        assert state is not None
        self.incidents[incident_id] = state
        self.touched.add(incident_id)
        return state

    def _sealed(self, place: Position | None, device_id: str) -> bytes | None:
        return None if place is None else self.tx.seal(msgspec.json.encode(place), subjects.of_device(device_id))

    def write(self) -> None:
        """Append the facts and write the read tables."""
        if not self.facts:
            return
        self._number()
        seq = self.tx.append(gate.admit_call_for_help(self.facts, self.now))
        self.tx.put_incidents([self.incidents[i] for i in sorted(self.touched)], seq)
        self.tx.put_signals(self.signals, self.now, seq)
        self.tx.place_signals(self.placed)
        self.tx.put_links(self.links, "matching", self.now)
        if self.proposals:
            self.tx.put_proposals(self.proposals)
        opened = [f.event for f in self.facts if isinstance(f.event, incidents.IncidentOpened) and not f.event.test]
        self.tx.enqueue(
            [
                Effect(
                    kind="incident_opened",
                    dedupe=f"incident_opened:{event.id}",
                    payload={"incident_id": str(event.id), "number": event.number, "kind": event.kind},
                    due_at=self.now,
                )
                for event in opened
                if not event.exercise  # nobody outside must answer what is not real
            ]
        )

    def _number(self) -> None:
        """Number the incidents this batch opened: one question to the database, and no number taken for nothing."""
        opened = [i for i, fact in enumerate(self.facts) if isinstance(fact.event, incidents.IncidentOpened)]
        if not opened:
            return
        for i, number in zip(opened, self.tx.new_incident_numbers(self.now, len(opened)), strict=True):
            event = self.facts[i].event
            assert isinstance(event, incidents.IncidentOpened)
            self.facts[i] = msgspec.structs.replace(self.facts[i], event=msgspec.structs.replace(event, number=number))
            self.incidents[event.id] = msgspec.structs.replace(self.incidents[event.id], number=number)
