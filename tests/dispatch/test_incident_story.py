"""Any story of an incident: whatever people, devices and clocks do, in any order, the rules hold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from necmergitur.dispatch import incidents, opening
from necmergitur.dispatch.incidents import OUTCOMES, RUNGS, Incident, IncidentEvent, Person
from necmergitur.kernel.events import fold
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.press import Signal

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
HERE = Position(2.35, 48.86)
ANN, BEA = Person(1, "Ann"), Person(2, "Bea")
_EVENTS = msgspec.json.Decoder(IncidentEvent)


def signal(number: int, **changes: object) -> Signal:
    base = Signal(
        id=UUID(int=number),
        device_id="P-1",
        boot_id=1,
        seq=number,
        kind="sos",
        claimed_at=START,
        received_at=START,
        position=HERE,
        accuracy_m=15.0,
        zone_id="Z-1",
        label="Post 1",
        personal=False,
        test=False,
        duress=False,
        flags=(),
    )
    return msgspec.structs.replace(base, **changes)


def opened(number: int = 1, now: datetime = START, **changes: object) -> list[IncidentEvent]:
    return opening.open_from(
        signal(number, **changes),
        incident_id=UUID(int=1_000 + number),
        number=f"2026-{number:04d}",
        place=HERE,
        exercise=False,
        now=now,
    )


class Story(RuleBasedStateMachine):
    """Commands on one incident; a second one to merge with."""

    @initialize(test=st.booleans(), kind=st.sampled_from(["sos", "medical", "possible_press"]))
    def begin(self, *, test: bool, kind: str) -> None:
        self.now = START
        self.told: list[IncidentEvent] = opened(kind="test" if test else kind, test=test)
        self.other = fold(incidents.evolve, opened(2, test=test))
        self.signals = 1
        self.rang_at: datetime | None = None

    @property
    def state(self) -> Incident:
        return fold(incidents.evolve, self.told)

    def say(self, events: list[IncidentEvent] | Refusal) -> bool:
        if isinstance(events, Refusal):
            return False
        self.told.extend(events)
        return True

    @rule(seconds=st.sampled_from([0.0, 0.001, 3.0, 10.0, 30.0, 60.0, 600.0]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(rung=st.sampled_from(RUNGS[1:]), by=st.sampled_from([ANN, BEA]))
    def climb(self, rung, by) -> None:
        before = self.state
        done = self.say(incidents.climb(before, rung, by, self.now))
        climbs = before.state == "open" and RUNGS.index(rung) > RUNGS.index(before.rung)
        again = before.state == "open" and rung == before.rung and before.owner_id == by.id
        assert done == (climbs or again)
        if climbs:
            assert (self.state.rung, self.state.owner_id) == (rung, by.id)

    @rule()
    def escalate(self) -> None:
        before = self.state
        events = incidents.escalate(before, self.now)
        due = before.state == "open" and before.due_at is not None and before.due_at <= self.now
        assert bool(events) == due
        self.say(events)
        if due:
            assert self.state.due_at > self.now, "it rings again, later"
            assert self.state.escalation == min(before.escalation + 1, 3)

    @rule()
    def attach(self) -> None:
        if self.state.state == "open":
            self.signals += 1
            link = incidents.Link(UUID(int=self.signals), "P-1", 1.0, "same device")
            self.say([incidents.SignalsAttached((link,), self.now)])

    @rule()
    def cancel(self) -> None:
        if self.state.state == "open":
            self.say([incidents.CallerCancelled("P-1", self.now)])
            assert self.state.cancelled

    @rule()
    def call_again(self) -> None:
        if self.state.state == "open" and self.state.cancelled:
            self.say([incidents.CallRenewed("P-1", self.now)])
            after = self.state
            assert (after.cancelled, after.rung) == (False, "received")
            assert after.due_at == self.now + timedelta(seconds=10)

    @rule()
    def overrule(self) -> None:
        before = self.state
        done = self.say(incidents.seek_drone(before, ANN, self.now))
        if before.state == "open" and before.cancelled and not before.test:
            assert done
            assert self.state.duress or not self.state.cancelled

    @rule()
    def ask_help(self) -> None:
        if self.state.state != "merged":
            self.say(incidents.ask_help(self.state, "Unit 1", ANN, self.now))
            after = self.state
            assert (after.state, after.rung, after.escalation > 0) == ("open", "received", True)
            assert after.due_at is not None

    @rule(kind=st.sampled_from(["sos", "fire"]), duress=st.booleans(), cancelled=st.booleans(), coming=st.booleans())
    def absorb(self, kind, duress, cancelled, coming) -> None:
        before = self.state
        if before.state != "open":
            return
        other = msgspec.structs.replace(self.other, kind=kind, duress=duress, cancelled=cancelled)
        self.say(incidents.absorb(before, other, ANN, self.now, coming=coming))
        after = self.state
        assert after.kind == ("fire" if "fire" in (kind, before.kind) else after.kind)
        assert after.duress == (before.duress or duress)
        assert after.cancelled == (before.cancelled and cancelled)
        if duress and not before.duress:
            assert after.rung == "received"

    @rule()
    def duress(self) -> None:
        if self.state.state == "open":
            self.say([incidents.DuressReported("P-1", self.now)])
            assert self.state.due_at == self.now + timedelta(seconds=10)

    @rule(status=st.sampled_from(["searching", "offered", "flying", "on_scene", "returning", "done", "refused"]))
    def drone(self, status) -> None:
        if self.state.state == "open":
            self.say(incidents.change_drone(self.state, status, "why", self.now))
            assert incidents.change_drone(self.state, status, "why", self.now) == []

    @rule(outcome=st.sampled_from([*OUTCOMES, "bored"]))
    def close(self, outcome) -> None:
        before = self.state
        assert self.say(incidents.close(before, outcome, ANN, self.now)) == (
            before.state == "open" and outcome in OUTCOMES
        )

    @rule()
    def reopen(self) -> None:
        before = self.state
        assert self.say(incidents.reopen(before, BEA, self.now)) == (before.state == "closed")

    @rule()
    def merge(self) -> None:
        before = self.state
        assert self.say(incidents.merge(before, self.other, ANN, self.now)) == (before.state == "open")

    @rule()
    def unmerge(self) -> None:
        before = self.state
        assert self.say(incidents.unmerge(before, ANN, self.now)) == (before.state == "merged")

    @invariant()
    def versions_count_the_facts(self) -> None:
        assert self.state.version == len(self.told)

    @invariant()
    def an_incident_nobody_acts_on_has_a_deadline(self) -> None:
        state = self.state
        waited_for = state.state == "open" and not state.test and state.rung != "acting"
        if waited_for:
            assert state.due_at is not None
        if state.state != "open":
            assert state.due_at is None

    @invariant()
    def what_is_over_keeps_no_drone_waiting(self) -> None:
        if self.state.state == "closed":
            assert self.state.drone in ("none", "done")
        if self.state.state == "merged":
            assert self.state.drone not in ("offered", "flying", "on_scene", "returning")

    @invariant()
    def only_a_merged_one_points_elsewhere(self) -> None:
        assert (self.state.merged_into is not None) == (self.state.state == "merged")
        assert (self.state.closed_at is not None) == (self.state.state == "closed")

    @invariant()
    def the_story_survives_being_written_down(self) -> None:
        written = [_EVENTS.decode(msgspec.json.encode(event)) for event in self.told]
        assert fold(incidents.evolve, written) == self.state


Story.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStory = Story.TestCase


def test_a_story_starts_with_its_opening() -> None:
    with pytest.raises(ValueError, match="before IncidentOpened"):
        incidents.evolve(None, incidents.RungReached("seen", ANN, START))


def test_a_persons_place_is_not_in_the_fact() -> None:
    (first, *_) = opened(personal=True, device_id="B-1")
    assert (first.position, first.personal_device) == (None, "B-1")
    assert b"48.86" not in msgspec.json.encode(first)


@pytest.mark.parametrize(
    ("kind", "sought"),
    [("sos", True), ("medical", True), ("fire", True), ("violence", True), ("possible_press", False), ("test", True)],
)
def test_a_drone_is_sought_for_a_readable_call_and_rehearsed_for_a_test(kind, sought) -> None:
    state = fold(incidents.evolve, opened(kind=kind, test=kind == "test"))
    assert (state.drone == "searching") == sought


def test_two_people_and_tests_and_real_calls_never_mix() -> None:
    one = fold(incidents.evolve, opened(1, personal=True, device_id="B-1"))
    other = fold(incidents.evolve, opened(2, personal=True, device_id="B-2"))
    test = fold(incidents.evolve, opened(3, test=True))
    post = fold(incidents.evolve, opened(4))
    assert incidents.merge(one, other, ANN, START).rule == "two_people"
    assert incidents.merge(post, test, ANN, START).rule == "test_and_real"
    assert incidents.merge(post, post, ANN, START).rule == "same_incident"
    assert incidents.merge(one, post, ANN, START)
