"""Any story of a mission: no lift-off without a yes, one end, and it never starts again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from necmergitur.dispatch import missions
from necmergitur.dispatch.constants import OFFER_LASTS, OFFERS_MAX
from necmergitur.dispatch.incidents import Person
from necmergitur.dispatch.missions import ORDERS, Mission, MissionEvent
from necmergitur.kernel.events import fold
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
PILOTS = [Person(n, f"Pilot {n}") for n in range(1, 5)]
_EVENTS = msgspec.json.Decoder(MissionEvent)


def offered(**changes: object) -> missions.MissionOffered:
    base = missions.MissionOffered(
        id=UUID(int=1),
        incident_id=UUID(int=2),
        authorisation_id=UUID(int=3),
        drone_id="D-1",
        pilot=PILOTS[0],
        target=Position(2.35, 48.86),
        eta_s=42.0,
        why="D-1: ETA 42 s",
        expires_at=START + OFFER_LASTS,
        at=START,
    )
    return msgspec.structs.replace(base, **changes)


class Story(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.now = START
        self.told: list[MissionEvent] = [offered()]

    @property
    def state(self) -> Mission:
        return fold(missions.evolve, self.told)

    def say(self, events: list[MissionEvent] | Refusal) -> bool:
        if isinstance(events, Refusal):
            return False
        self.told.extend(events)
        return True

    @rule(seconds=st.sampled_from([0.0, 1.0, 9.9, 10.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(by=st.sampled_from(PILOTS))
    def accept(self, by) -> None:
        before = self.state
        in_time = before.offer_expires_at is not None and self.now < before.offer_expires_at
        allowed = before.state == "offered" and before.pilot_id == by.id and in_time
        assert self.say(missions.accept(before, by, self.now)) == allowed
        if allowed:
            assert self.state.state == "accepted"

    @rule(successor=st.sampled_from([*PILOTS, None]), reason=st.sampled_from(["declined", "expired"]))
    def pass_on(self, successor, reason) -> None:
        before = self.state
        self.say(missions.pass_on(before, reason, successor, self.now))
        if before.state != "offered":
            assert self.state == before
        elif successor is None or len(before.tried_pilots) >= OFFERS_MAX:
            assert (self.state.state, self.state.end_reason) == ("ended", "no_pilot")
        else:
            assert self.state.tried_pilots == (*before.tried_pilots, successor.id)

    @rule()
    def launch(self) -> None:
        before = self.state
        done = self.say(missions.launch(before, self.now))
        assert done == (before.state in ("accepted", "flying"))
        if before.state == "flying":
            assert self.state == before, "a second lift-off is none"

    @rule(phase=st.sampled_from(["open_dock", "climb", "transit", "on_scene", "return", "dock", "link_lost"]))
    def reach(self, phase) -> None:
        before = self.state
        self.say(missions.reach(before, phase, self.now))
        if before.state == "ended":
            assert self.state == before
        if before.on_scene_at is not None:
            assert self.state.on_scene_at == before.on_scene_at, "the first arrival counts"

    @rule(asked=st.sampled_from(ORDERS), by=st.sampled_from(PILOTS))
    def order(self, asked, by) -> None:
        before = self.state
        allowed = before.state in ("accepted", "flying") and before.pilot_id == by.id
        assert self.say(missions.order(before, asked, by, self.now)) == allowed
        if allowed:
            assert (self.state.order, self.state.order_seq) == (asked, before.order_seq + 1)

    @rule(to=st.sampled_from(PILOTS))
    def hand_over(self, to) -> None:
        before = self.state
        allowed = before.state in ("accepted", "flying") and before.pilot_id != to.id
        assert self.say(missions.hand_over(before, to, to, self.now)) == allowed

    @rule()
    def call_back(self) -> None:
        before = self.state
        self.say(missions.call_back(before, PILOTS[0], self.now))
        after = self.state
        assert after.state == "ended" or after.order in ("return", "land")
        assert missions.call_back(after, PILOTS[0], self.now) == [], "once is enough"

    @rule(reason=st.sampled_from(["docked", "link_lost", "arm_refused"]))
    def end(self, reason) -> None:
        before = self.state
        self.say(missions.end(before, reason, self.now))
        assert self.state.state == "ended"
        if before.state == "ended":
            assert self.state == before

    @invariant()
    def nothing_flies_that_no_pilot_accepted(self) -> None:
        kinds = [type(event).__name__ for event in self.told]
        if "MissionLaunched" in kinds:
            assert "MissionAccepted" in kinds[: kinds.index("MissionLaunched")]
            assert kinds.count("MissionLaunched") == 1
        if self.state.airborne_at is not None:
            assert self.state.accepted_at is not None
            assert self.state.pilot_id is not None

    @invariant()
    def an_end_is_an_end(self) -> None:
        kinds = [type(event).__name__ for event in self.told]
        assert kinds.count("MissionEnded") <= 1
        if "MissionEnded" in kinds:
            assert kinds[-1] == "MissionEnded"
            assert (self.state.state, self.state.offer_expires_at) == ("ended", None)

    @invariant()
    def only_an_offer_expires(self) -> None:
        assert (self.state.offer_expires_at is not None) == (self.state.state == "offered")

    @invariant()
    def the_story_survives_being_written_down(self) -> None:
        written = [_EVENTS.decode(msgspec.json.encode(event)) for event in self.told]
        assert fold(missions.evolve, written) == self.state
        assert self.state.version == len(self.told)


Story.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestStory = Story.TestCase


def test_a_story_starts_with_an_offer() -> None:
    with pytest.raises(ValueError, match="before MissionOffered"):
        missions.evolve(None, missions.MissionLaunched(START))


def test_the_search_for_a_pilot_rests_after_a_dozen() -> None:
    state = missions.evolve(None, offered())
    for n in range(2, OFFERS_MAX + 1):
        (event,) = missions.pass_on(state, "expired", Person(n, ""), START)
        state = missions.evolve(state, event)
    (event,) = missions.pass_on(state, "expired", Person(99, ""), START)
    assert event == missions.MissionEnded("no_pilot", START)
