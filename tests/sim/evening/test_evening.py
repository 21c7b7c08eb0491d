"""An evening played: sound figures, beside the bound, the same from the same seed."""

import random
import statistics
from datetime import UTC, datetime, timedelta

import pytest

from necmergitur.dispatch.flight_time import CHARGE_S, CRUISE_M_S, LAUNCH_S, arrival_s, flight_time_s
from necmergitur.kernel.geo import Position, distance_m, offset
from necmergitur.operations.ports import DroneRecord
from necmergitur.sim.bench import choice as choice_bench
from necmergitur.sim.bench import evening as bench
from necmergitur.sim.clock import VirtualClock
from necmergitur.sim.evening.agenda import Agenda
from necmergitur.sim.evening.callers import Callers
from necmergitur.sim.evening.fleet import EveningFleet
from necmergitur.sim.evening.play import Plan
from necmergitur.sim.ids import SeededIds
from necmergitur.territory.generated import generate
from necmergitur.territory.model import City, CityPlan
from necmergitur.territory.siting import bound

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
DOCK = Position(2.35, 48.86)


@pytest.fixture(scope="module")
def city() -> City:
    return generate(3, CityPlan(zones=60, buttons=2_000, seed=3))


def test_an_evening_is_the_same_from_the_same_seed(city: City) -> None:
    plan = Plan(per_hour=40, measured=40, warm_up_h=0.3)
    one, other = (bench.play(city, "street", plan, 5, pilots=20) for _ in range(2))
    assert one == other
    assert one != bench.play(city, "street", plan, 6, pilots=20)


@pytest.mark.parametrize("demand", ["area", "street"])
def test_with_calls_far_apart_and_nobody_to_wait_for_the_bound_is_met(city: City, demand) -> None:
    """At two calls an hour hardly a drone is missing: the figure is the siting's own bound."""
    alone = bench.play(city, demand, Plan(per_hour=2, measured=150, warm_up_h=0.0, human=False), 1, pilots=60)
    at_best = bound(city, demand, CRUISE_M_S, LAUNCH_S)
    assert alone.not_served == 0
    assert statistics.mean(alone.on_scene_s) == pytest.approx(at_best.mean_s, rel=0.05)
    assert min(alone.on_scene_s) > LAUNCH_S


def test_pilots_take_their_time_and_it_is_in_the_figure(city: City) -> None:
    alone = bench.play(city, "area", Plan(per_hour=10, measured=120, warm_up_h=0.5, human=False), 1, pilots=60)
    manned = bench.play(city, "area", Plan(per_hour=10, measured=120, warm_up_h=0.5), 1, pilots=60)
    assert len(manned.on_scene_s) == len(alone.on_scene_s), "the same calls came"
    assert statistics.mean(manned.on_scene_s) > statistics.mean(alone.on_scene_s)


def test_more_calls_take_longer_and_are_watched_for_less_long(city: City) -> None:
    few, many = (
        bench.play(city, "area", Plan(per_hour=rate, measured=150, warm_up_h=1.0, human=False), 1, pilots=60)
        for rate in (5, 60)
    )
    assert statistics.mean(many.on_scene_s) > statistics.mean(few.on_scene_s)
    assert statistics.mean(many.watched_s) < statistics.mean(few.watched_s) <= 720


def test_an_evening_without_enough_drones_says_who_was_not_served(city: City) -> None:
    swamped = bench.play(city, "area", Plan(per_hour=120, measured=60, warm_up_h=0.1, human=False), 1, pilots=2)
    assert swamped.not_served > 0
    assert "no_pilot" in swamped.reasons


def test_the_bench_has_the_promised_form(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MEASURED_QUICK", 20)
    monkeypatch.setattr(bench, "LOADS_PER_HOUR", (5, 50))
    figures = bench.measure(quick=True, seed=1, city=city)
    for demand in (figures, figures["street"]):
        assert set(demand["per_hour"]) == {"5", "50"}
        assert set(demand["bound"]) == {"mean_s", "p95_s"}
        for load in demand["per_hour"].values():
            assert {"mean_s", "p95_s", "with_pilot_mean_s", "with_pilot_p95_s", "pilots"} <= set(load)


def test_the_choice_bench_has_the_promised_form() -> None:
    figures = choice_bench.measure(quick=True)
    assert set(figures["ms"]) == {"240x1", "240x100", "240x240"}
    assert all(value > 0 for value in figures["ms"].values())


# --- the parts ------------------------------------------------------------------------------------------


def record(name: str = "D-1") -> DroneRecord:
    return DroneRecord(
        id=name, dock=DOCK, zone_id="Z", link_url="", camera_url="", system_id=1, signing_key=None,
        speed_m_s=CRUISE_M_S, enabled=True, disabled_reason="",
    )  # fmt: skip


def test_a_drone_arrives_when_the_flight_model_says() -> None:
    clock = VirtualClock(NOW)
    fleet = EveningFleet([record()], clock)
    target = offset(DOCK, 300, 400)
    fleet.prepare("D-1")
    clock.advance(4)  # the pilot decides while the dock opens
    flight = fleet.launch("D-1", target)
    assert (flight.arrives_at - NOW).total_seconds() == pytest.approx(arrival_s(distance_m(DOCK, target)))
    assert flight.out_s == flight_time_s(distance_m(DOCK, target))


def test_a_slow_yes_costs_what_the_open_dock_did_not_hide() -> None:
    clock = VirtualClock(NOW)
    fleet = EveningFleet([record()], clock)
    fleet.prepare("D-1")
    clock.advance(9)
    flight = fleet.launch("D-1", DOCK)
    assert flight.lifts_at == clock.now()


def test_a_battery_gives_twelve_minutes_and_takes_twenty_five_to_come_back() -> None:
    clock = VirtualClock(NOW)
    fleet = EveningFleet([record()], clock)
    flight = fleet.launch("D-1", offset(DOCK, 300, 0))
    assert flight.must_leave_at - flight.arrives_at >= timedelta(minutes=12)
    clock.advance_to(flight.arrives_at + timedelta(minutes=12))
    clock.advance(fleet.home_s(flight))
    fleet.dock("D-1")
    left_pct = fleet.states()["D-1"].battery_pct
    assert 30 < left_pct < 40
    clock.advance(CHARGE_S + 60)
    assert fleet.states()["D-1"].battery_pct == 100.0
    assert fleet.states()["D-1"].docked


def test_calls_over_the_ground_come_from_inside_the_city(city: City) -> None:
    from shapely import Point

    from necmergitur.territory.shapes import shape_of

    outline = shape_of(city.outline)
    callers = Callers(city, "area", random.Random(1))
    calls = [callers.call() for _ in range(200)]
    assert all(outline.contains(Point(c.place.lon, c.place.lat)) for c in calls)
    assert len({c.device for c in calls}) == 200, "each from a button of its own"


def test_calls_along_the_streets_come_from_posts_and_witnesses_stand_beside(city: City) -> None:
    callers = Callers(city, "street", random.Random(1))
    posts = {b.id: b.position for b in city.buttons}
    for _ in range(50):
        call = callers.call()
        assert call.device in posts
        witness = callers.witness(call)
        if witness is not None:
            assert witness.device != call.device
            assert distance_m(posts[call.device], posts[witness.device]) < 62


def test_time_goes_forward_only() -> None:
    clock = VirtualClock(NOW)
    clock.advance(1.5)
    assert clock.now() == NOW + timedelta(seconds=1.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance_to(NOW)
    with pytest.raises(ValueError, match="not an aware UTC instant"):
        VirtualClock(datetime(2026, 3, 1))  # noqa: DTZ001


def test_deeds_happen_in_the_order_of_their_instants_then_of_their_planning() -> None:
    agenda, done = Agenda(VirtualClock(NOW)), []
    agenda.after(2, lambda: done.append("late"))
    agenda.after(1, lambda: (done.append("early"), agenda.after(0.5, lambda: done.append("between"))))
    agenda.after(1, lambda: done.append("second"))
    agenda.at(NOW - timedelta(seconds=5), lambda: done.append("overdue"))
    assert agenda.run() == 5
    assert done == ["overdue", "early", "second", "between", "late"]


def test_seeded_names_are_uuids_that_sort_by_age_and_repeat_by_seed() -> None:
    one, other = ([ids.new() for _ in range(500)] for ids in (SeededIds(1), SeededIds(1)))
    assert one == other == sorted(one)
    assert len(set(one)) == 500
    assert {i.version for i in one} == {7}
    assert SeededIds(2).new() != one[0]
