"""The maker of a sensor, who owns what runs in it: more than was signed, elsewhere than signed, or in disguise."""

import asyncio
import base64
import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.engine.sensors import SensorLine
from necmergitur.governance import assessments, budget, modalities, readings, sensors
from necmergitur.governance.constants import ENVELOPE_BITS, READING_BYTES_MAX
from necmergitur.governance.gate import Request
from necmergitur.governance.readings import Status
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import sensing, streams
from necmergitur.operations.sensing import Memory
from tests import signed
from tests.hostile.conftest import City
from tests.hostile.holes import asleep, in_code, in_function
from tests.operations.scene import Scene
from tests.streams import BOOT, COUNTER, STREAM, TECHNICIAN, authorise, body, sensor

OPUS = b"OggS\x00\x02" + bytes(8) + b"OpusHead\x01"
WAV = b"RIFF\x24\x08\x00\x00WAVEfmt "


def trusting(*_: Any) -> None:
    return None


# --- where -------------------------------------------------------------------------------------------------


def test_a_paper_for_another_zone(city: City) -> None:
    authorise(city.store, city.now, zones=("Z-2",), rate=100)

    def there(known: sensors.Sensor, purpose: str) -> Request:
        return Request(modality=known.modality, purpose=purpose, stream=known.stream, zone_id="Z-2")

    guard = "OR (NEW.zone_id = ANY(a.zones)) IS NOT TRUE"
    with in_code(sensors, "_request", there):
        with in_function(city.url, "reading_refuse()", guard):
            assert city.hear(body(city.now, 1)) == {"": 1}
        assert city.hear(body(city.now, 2)) == {"refused_by_the_database": 1}
    with in_function(city.url, "reading_refuse()", guard):
        assert city.hear(body(city.now, 3)) == {"no_authorisation": 1}
    assert city.hear(body(city.now, 4)) == {"no_authorisation": 1}
    assert (city.readings(), city.counted("no_authorisation")) == (1, 2)


def test_a_sensor_carried_to_another_zone_that_says_so_itself(city: City) -> None:
    authorise(city.store, city.now, rate=100)
    moved = Status(payload_schema="crowd_count/1", rate_per_minute=1, firmware="1.0", runs=True, zone_id="Z-2")

    def no_drift(*_: Any) -> str:
        return ""

    with in_code(assessments, "drift", no_drift):
        assert not sensing.report(city.store, COUNTER, moved, city.now)
        assert city.hear(body(city.now, 1)) == {"": 1}
    assert sensing.report(city.store, COUNTER, moved, city.now)
    assert city.hear(body(city.now, 2)) == {"authorisation_suspended": 1}


# --- what --------------------------------------------------------------------------------------------------


class Anything(msgspec.Struct, frozen=True):
    """A payload that was left open: the hole in our code."""

    count: int
    minute: int
    audio: str | msgspec.UnsetType = msgspec.UNSET
    array: tuple[float, ...] | msgspec.UnsetType = msgspec.UNSET


OPEN = {
    "crowd_count": msgspec.json.Decoder(
        msgspec.defstruct("Envelope", [("boot_id", int), ("seq", int), ("values", Anything)], frozen=True)
    )
}
ROOMY = ("reading_closed(text, jsonb)", "SELECT CASE modality", "SELECT true OR CASE modality")
DISGUISES = {
    "Opus": {"audio": base64.b64encode(OPUS).decode()},
    "WAV": {"audio": base64.b64encode(WAV).decode()},
    "a face as a feature vector": {"array": [0.25, -0.5]},
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_sound_or_a_face_inside_a_payload(city: City, disguise: str) -> None:
    """A field of its own beside the count. Our types have none, and neither has PostgreSQL's."""
    authorise(city.store, city.now, rate=100, bytes_max=200)

    def attack(seq: int) -> dict[str, int]:
        return city.hear(body(city.now, seq, **DISGUISES[disguise]))

    with in_code(readings, "_DECODERS", OPEN):
        with in_function(city.url, *ROOMY):
            assert attack(1) == {"": 1}
        (stored,) = city.read()
        assert DISGUISES[disguise].items() <= stored.items(), "it lies in the record"
        assert attack(2) == {"refused_by_the_database": 1}
    with in_function(city.url, *ROOMY):
        assert attack(3) == {"reading_not_of_its_type": 1}
    assert attack(4) == {"reading_not_of_its_type": 1}
    assert (city.readings(), city.counted("reading_not_of_its_type")) == (1, 2)


@pytest.mark.parametrize("raw", [OPUS, WAV, bytes(range(256))], ids=["Opus", "WAV", "any bytes"])
def test_sound_instead_of_a_payload(city: City, raw: bytes) -> None:
    """PostgreSQL's column is JSON: with our reading of the message left out, there is still no such row."""
    authorise(city.store, city.now, rate=100, bytes_max=256)

    def swallowing(_modality: str, said: bytes) -> readings.Reading:
        return readings.Reading(BOOT, 1, msgspec.Raw(said), None)  # type: ignore[arg-type]

    with in_code(readings, "parse", swallowing), pytest.raises((UnicodeDecodeError, psycopg.DataError)):
        city.hear(raw)
    assert city.hear(raw) == {"reading_unreadable": 1}
    assert (city.readings(), city.counted("reading_unreadable")) == (0, 1)


def test_a_modality_that_has_no_type(city: City) -> None:
    """Lidar, sound, a face: a kind of stream that is not in the list of types cannot even be enrolled."""
    for modality in ("lidar", "sound", "biometric", "video"):
        asked = msgspec.structs.replace(sensor(city.now), id=f"x-{modality}", modality=modality)
        outcome: Any = sensing.enrol(city.store, asked, TECHNICIAN, city.now)
        assert outcome.rule == "modality_without_type"
        assert isinstance(readings.parse(modality, body(city.now, 1)), Refusal)


# --- how much ----------------------------------------------------------------------------------------------


def test_slow_exfiltration_under_a_generous_paper(city: City) -> None:
    """A reading every eighth of a second, all of them lawful in themselves: together they would carry speech."""
    authorise(city.store, city.now, rate=60_000)
    each = modalities.CROWD_COUNT.bits + ENVELOPE_BITS
    told = {"boot": BOOT}

    def attack() -> float:
        """Speak for one minute; return the bits a second that entered."""
        memory, entered = Memory(), 0
        told["boot"] += 1
        for part in range(12):
            at = city.now + timedelta(seconds=5 * part)
            said = [body(at, part * 40 + n, boot=told["boot"]) for n in range(40)]
            entered += city.hear(*said, at=at, memory=memory).get("", 0)
        city.scene.wait(120)
        return entered * each / 60

    with in_code(budget, "STREAM_BITS_PER_S", 1_000_000):
        with in_function(city.url, "reading_minute_max()", "SELECT 333", "SELECT 1000000"):
            assert attack() > 400 * 1.51
        assert attack() <= 400 * 1.51, "a minute, and the half that may be saved up"
    with in_function(city.url, "reading_minute_max()", "SELECT 333", "SELECT 1000000"):
        assert attack() <= 400 * 1.51
    assert attack() <= 400 * 1.51
    assert city.counted("bit_budget_exceeded") > 0
    assert city.counted("refused_by_the_database") > 0


class Talk:
    """An engine that hears what the counter says of itself, once a second."""

    def __init__(self, city: City) -> None:
        self.city = city
        parts: Any = SimpleNamespace(nats_urls=(), store=city.store, verify=signed.verify)
        self.line = SensorLine(parts)
        self.syllable = 0

    def say(self, times: int, **words: Any) -> int:
        """Say something new each time; return how much of it is on record."""
        before = _changes(self.city)
        for _ in range(times):
            self.syllable += 1
            said = {
                "payload_schema": "x" * 64,
                "rate_per_minute": 1,
                "firmware": f"{self.syllable:064x}",
                "runs": False,
            }
            self.line._statuses[COUNTER] = Status(**(said | words))
            with self.city.store.transaction() as tx:
                self.line._known = {one.id: one for one in tx.sensors()}
            asyncio.run(self.line._report(self.city.scene.wait(1)))
        return _changes(self.city) - before


def test_speech_told_as_ever_new_firmware(city: City) -> None:
    """What a device says of itself is kept for good, under no paper: each second 800 bits of its own choice."""

    def any_time(*_: Any) -> bool:
        return True

    talk = ("ledger_event", "ledger_sensor_talk")
    with in_code(SensorLine, "_may_change", any_time):
        with asleep(city.url, *talk):
            assert Talk(city).say(50) == 50
        assert Talk(city).say(50) == 0, "PostgreSQL counts the hour's"
        city.scene.wait(3_601)
        assert Talk(city).say(50) == 40, "9 bit/s"
    city.scene.wait(3_601)
    with asleep(city.url, *talk):
        engine = Talk(city)
        assert engine.say(50) == 6
    assert engine.line._refused[COUNTER, "status_changes_exceeded", _minute(city)] > 0


def test_talk_hides_no_change_that_matters(city: City) -> None:
    """A device that has said too much of itself is not kept, and is held against its assessment all the same."""
    authorise(city.store, city.now, rate=1)
    engine = Talk(city)
    as_signed: dict[str, Any] = {"payload_schema": "crowd_count/1", "runs": True}
    engine.say(10, **as_signed)
    assert city.hear(body(city.now, 1)) == {"": 1}
    with in_code(sensing, "observe", lambda *_: False):
        engine.say(1, **as_signed, rate_per_minute=10)
        assert city.hear(body(city.now, 2)) == {"": 1}, "the hole: ten times what was assessed, and nobody sees it"
    assert engine.say(1, **as_signed, rate_per_minute=10) == 0
    assert city.hear(body(city.now, 3)) == {"authorisation_suspended": 1}


# --- again, in another order, twice ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boot", "seq", "rule"),
    [
        (BOOT, 5, "reading_replayed"),
        (BOOT, 4, "reading_replayed"),
        (BOOT - 1, 9, "reading_of_an_older_boot"),
    ],
    ids=["a replay", "out of order", "a clone that started before"],
)
def test_said_before(city: City, boot: int, seq: int, rule: str) -> None:
    authorise(city.store, city.now, rate=100)
    assert city.hear(body(city.now, 5)) == {"": 1}

    def attack(shift: int = 0) -> dict[str, int]:
        return city.hear(body(city.now, seq - shift, boot=boot))

    guard = "(r.boot_id, r.seq) >= (NEW.boot_id, NEW.seq)"
    with in_code(readings, "follows", trusting):
        with in_function(city.url, "reading_refuse()", guard, "false"):
            # The same reading twice meets the primary key as well.
            assert attack() == ({"reading_replayed": 1} if (boot, seq) == (BOOT, 5) else {"": 1})
        assert attack(1) == {"refused_by_the_database": 1}
    with in_function(city.url, "reading_refuse()", guard, "false"):
        assert attack(2) == {rule: 1}
    assert attack(3) == {rule: 1}
    assert city.counted(rule) >= 2


# --- without end -------------------------------------------------------------------------------------------


def test_a_message_without_end_is_read_no_further_than_its_bound(city: City) -> None:
    """Bounded by construction: what is too long is not parsed, so that its length costs nothing."""
    authorise(city.store, city.now, rate=100)
    huge = b'{"boot_id":1,"seq":1,"values":{"count":12,"minute":' + b" " * 5_000_000 + b"1}}"
    seen: list[int] = []

    class Watched:
        def decode(self, said: bytes) -> Any:
            seen.append(len(said))
            raise msgspec.DecodeError

    with in_code(readings, "_DECODERS", {"crowd_count": Watched()}):
        with in_code(readings, "READING_BYTES_MAX", 10_000_000):
            city.hear(huge)
            assert seen == [len(huge)], "the hole: five million bytes are looked at"
        seen.clear()
        assert city.hear(huge) == {"reading_too_large": 1}
        assert seen == []
        city.hear(b"x" * READING_BYTES_MAX)
        assert seen == [READING_BYTES_MAX]
    assert city.counted("reading_too_large") == 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[" * READING_BYTES_MAX,
        b'{"boot_id":' + b"9" * 200 + b"}",
        b'{"boot_id":1e999,"seq":1,"values":{}}',
        b'{"boot_id":NaN}',
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b'{"boot_id":1,"boot_id":2,"seq":1,"values":{"count":1,"minute":1,"minute":2}}',
        json.dumps({"boot_id": True, "seq": "1", "values": None}).encode(),
    ],
)
def test_malformed_input_is_refused_and_counted_and_stops_nobody(city: City, said: bytes) -> None:
    authorise(city.store, city.now, rate=100)
    counts = city.hear(said, body(city.now, 1), said)
    assert counts.pop("") == 1
    ((rule, count),) = counts.items()
    assert count == 2
    assert city.counted(rule) == 2
    assert streams.publish_refused(city.store, city.scene.wait(120)) == 1
    told = msgspec.json.decode(_last(city.scene, "ReadingsRefused"))
    assert told["counts"] == {rule: 2}, "and published"


def _last(scene: Scene, kind: str) -> bytes:
    return [fact.payload for fact in scene.facts(STREAM) if fact.kind == kind][-1]


def _changes(city: City) -> int:
    return city.scene.kinds(STREAM).count("SensorChanged")


def _minute(city: City) -> datetime:
    return city.now.replace(second=0, microsecond=0)
