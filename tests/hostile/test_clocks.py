"""Whoever plays with time: before the hour, after it, during it, and with the machine's own clock set back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from necmergitur.adapters.postgres.sensors import SensorMixin
from necmergitur.governance import readings, sensors
from necmergitur.governance.authorisations import Authorisation
from necmergitur.operations import authorising, sensing, streams
from tests.hostile.conftest import City
from tests.hostile.holes import asleep, in_code, in_function, nowhere
from tests.operations.scene import LEAD
from tests.streams import COUNTER, TECHNICIAN, authorise, body, sensor

MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
WITHOUT_LOCK = "WHERE id = NEW.authorisation_id"
IN_FORCE = "OR NOT public.authorisation_in_force(a, NEW.at)"


def always(_paper: Authorisation, _now: datetime) -> bool:
    return True


@pytest.mark.parametrize(
    ("from_start", "from_end", "rule"),
    [
        (-HOUR, None, "authorisation_not_yet"),
        (-MOMENT, None, "authorisation_not_yet"),
        (None, timedelta(0), "authorisation_expired"),
        (None, HOUR, "authorisation_expired"),
    ],
)
def test_out_of_its_window_by_a_moment_or_an_hour(
    city: City, from_start: timedelta | None, from_end: timedelta | None, rule: str
) -> None:
    start, end = city.now + 2 * HOUR, city.now + 3 * HOUR
    authorise(city.store, city.now, valid_from=start, valid_until=end, rate=100)
    at = start + from_start if from_start is not None else end + (from_end or timedelta(0))

    def attack(seq: int) -> dict[str, int]:
        return city.hear(body(at, seq), at=at)

    with in_code(Authorisation, "current", always):
        with in_function(city.url, "reading_refuse()", IN_FORCE):
            assert attack(1) == {"": 1}
        assert city.readings() == 1
        assert attack(2) == {"refused_by_the_database": 1}
    with in_function(city.url, "reading_refuse()", IN_FORCE):
        assert attack(3) == {rule: 1}
    assert attack(4) == {rule: 1}
    assert (city.readings(), city.counted(rule), city.counted("refused_by_the_database")) == (1, 2, 1)


def test_the_first_and_the_last_moment_of_a_window_are_open(city: City) -> None:
    start, end = city.now + HOUR, city.now + 2 * HOUR
    authorise(city.store, city.now, valid_from=start, valid_until=end, rate=100)
    for seq, at in enumerate((start, end - MOMENT)):
        assert city.hear(body(at, seq), at=at) == {"": 1}


@pytest.mark.parametrize("hole", [True, False])
def test_revoked_between_the_gate_and_the_write_of_one_batch(
    city: City, monkeypatch: pytest.MonkeyPatch, hole: bool
) -> None:
    """The gate was read, then somebody revokes, then the batch is written: PostgreSQL looks last, under a lock."""
    paper = authorise(city.store, city.now, rate=100)
    put: Callable[..., Any] = SensorMixin.put_readings

    def revoking(tx: Any, kept: Any) -> None:
        monkeypatch.setattr(SensorMixin, "put_readings", put)
        authorising.revoke(city.store, paper.id, "a judge's order", LEAD, city.now)
        put(tx, kept)

    monkeypatch.setattr(SensorMixin, "put_readings", revoking)
    batch = [body(city.now, seq) for seq in range(1, 6)]
    with in_function(city.url, "reading_refuse()", IN_FORCE) if hole else nowhere():
        counts = city.hear(*batch)
    if hole:
        assert (counts, city.readings()) == ({"": 5}, 5)
    else:
        # The whole batch is refused, and told one by one, now by a gate that knows of the revocation.
        assert (counts, city.readings()) == ({"authorisation_revoked": 5}, 0)
        assert city.counted("authorisation_revoked") == 5


def test_who_revokes_waits_for_a_batch_that_is_being_written_and_never_the_other_way(city: City) -> None:
    """Between PostgreSQL's look at a paper and the commit nothing changes: the revocation is after, or it is before."""
    paper = authorise(city.store, city.now, rate=100)
    put: Callable[..., Any] = SensorMixin.put_readings
    waited: list[str] = []

    def writing(tx: Any, kept: Any) -> None:
        put(tx, kept)
        tx.cursor.execute("SELECT").fetchall()  # what was sent ahead has been done
        with psycopg.connect(city.url) as revoker:
            revoker.execute("SET lock_timeout = '200ms'")
            try:
                revoker.execute("UPDATE authorisation SET version = version WHERE id = %s", [paper.id])
            except psycopg.errors.LockNotAvailable:
                waited.append("waited")
            except psycopg.DatabaseError:  # judged at once: no fact says so
                waited.append("went past")

    with in_code(SensorMixin, "put_readings", writing):
        with in_function(city.url, "reading_refuse()", "WHERE id = NEW.authorisation_id FOR SHARE", WITHOUT_LOCK):
            city.hear(body(city.now, 1))
        city.hear(body(city.now, 2))
    assert waited == ["went past", "waited"]


def test_a_devices_clock_set_back_or_ahead(city: City) -> None:
    """A recording of an hour ago, played as if it were now; or tomorrow's numbers, today."""
    authorise(city.store, city.now, rate=100)

    def attack(seq: int, by: timedelta) -> dict[str, int]:
        return city.hear(body(city.now + by, seq))

    def trusting(*_: Any) -> None:
        return None

    guard = "OR abs(extract(epoch FROM NEW.at) / 60 - (NEW.payload->>'minute')::bigint) > 4"
    for seq, by in ((1, -HOUR), (10, HOUR)):
        with in_code(readings, "follows", trusting):
            with in_function(city.url, "reading_refuse()", guard):
                assert attack(seq, by) == {"": 1}
            assert attack(seq + 1, by) == {"refused_by_the_database": 1}
        with in_function(city.url, "reading_refuse()", guard):
            assert attack(seq + 2, by) == {"reading_not_of_now": 1}
        assert attack(seq + 3, by) == {"reading_not_of_now": 1}
    assert city.counted("reading_not_of_now") == 4


def test_the_machines_clock_set_back_to_before_the_end(city: City) -> None:
    """The paper ended and the device was told so; then an administrator turns back the clock of the whole machine."""
    start, end = city.now, city.now + HOUR
    authorise(city.store, city.now, valid_from=start, valid_until=end, rate=100)

    def tell(at: datetime) -> None:
        ((_, order),) = streams.orders(city.store, at, 10.0)
        streams.told(city.store, COUNTER, order, at)

    tell(start)
    assert city.hear(body(end - MOMENT, 1), at=end - MOMENT) == {"": 1}
    tell(end)
    back = start + HOUR / 2

    def attack(seq: int) -> dict[str, int]:
        return city.hear(body(back, seq), at=back)

    later = "OR EXISTS (SELECT FROM public.reading r WHERE r.stream = NEW.stream AND r.bucket > NEW.bucket)"

    def untroubled(*_: Any) -> bool:
        return False

    def trusting(*_: Any) -> None:
        return None

    with in_code(sensors, "went_back", untroubled):
        assert attack(2) == {"reading_out_of_order": 1}, "what was said stands, whatever the clock"
        with in_code(readings, "follows", trusting):
            assert attack(3) == {"refused_by_the_database": 1}
            with in_function(city.url, "reading_refuse()", later):
                assert attack(4) == {"": 1}
    assert attack(5) == {"clock_went_back": 1}
    ((_, order),) = streams.orders(city.store, back, 10.0)
    assert (order.run, order.why) == (False, "clock_went_back"), "nor is the device told to run"


def test_the_databases_clock_set_back_to_before_the_end(city: City) -> None:
    """A stream that never spoke has said nothing that would contradict the clock; what it was told does."""
    drift = ("guard_clock_drift()", "99 years", "1 minute")
    now = datetime.now(UTC)
    authorise(city.store, now, rate=100)
    ((_, order),) = streams.orders(city.store, now, 10.0)
    streams.told(city.store, COUNTER, order, now + HOUR)  # so late was it, before the clock was set back

    def attack(seq: int) -> dict[str, int]:
        return city.hear(body(datetime.now(UTC), seq), at=datetime.now(UTC))

    def untroubled(*_: Any) -> bool:
        return False

    guard = "IF s.told_at > clock_timestamp() + public.guard_clock_drift()"
    with in_function(city.url, *drift):
        with in_code(sensors, "went_back", untroubled):
            with in_function(city.url, "reading_refuse()", guard, "IF false"):
                assert attack(1) == {"": 1}
            assert attack(2) == {"refused_by_the_database": 1}
        assert attack(3) == {"clock_went_back": 1}
        sentence = "UPDATE sensor SET told_at = NULL"
        with (
            asleep(city.url, "sensor", "sensor_told_once"),
            psycopg.connect(city.url) as owner,
        ):
            assert owner.execute(sentence).rowcount == 1
            owner.rollback()
        assert city.as_writer(sentence) == "NM010", "nor is it untold"


def test_a_sensor_enrolled_anew_forgives_a_clock_that_ran_ahead(city: City) -> None:
    """Else one wrong hour of one machine would silence a sensor for good."""
    paper_at = city.now
    authorise(city.store, paper_at, rate=100)
    ((_, order),) = streams.orders(city.store, paper_at, 10.0)
    streams.told(city.store, COUNTER, order, paper_at + timedelta(days=9_000))
    assert city.hear(body(city.now, 1)) == {"clock_went_back": 1}
    sensing.enrol(city.store, sensor(city.now), TECHNICIAN, city.now)
    assert city.hear(body(city.now, 1)) == {"": 1}
