"""A press: never lost, never believed further than it can be, never holding a secret."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.kernel.geo import Position, offset
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals import press as presses
from necmergitur.signals.constants import ACCURACY_MAX_M, JSON_DEPTH_MAX, PRESS_BYTES_MAX
from necmergitur.signals.press import Device, Press, Signal, StatedPosition, assess, json_depth, parse, possible_press

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
HERE = Position(2.35, 48.86)
POST = Device(id="P-1", kind="post", label="Post 1", zone_id="Z-1", installed=HERE)
PERSONAL = Device(id="B-1", kind="personal", label="Button 1")


def body(**fields: object) -> bytes:
    return json.dumps({"boot_id": 1, "seq": 2, **fields}).encode()


def judged(press: Press, device: Device = POST, **how: object) -> Signal:
    arguments = {"signal_id": UUID(int=1), "received_at": NOW, "in_test_window": False, "fallback": HERE, **how}
    return assess(press, device, **arguments)


def press(kind: str = "sos", **fields: object) -> Press:
    return Press(device="P-1", boot_id=1, seq=2, kind=kind, **{"claimed_time": NOW, **fields})


# --- reading ----------------------------------------------------------------------------------------------


def test_the_shortest_press_is_a_call_for_help() -> None:
    assert parse("P-1", b'{"boot_id":1,"seq":2}') == Press(device="P-1", boot_id=1, seq=2, kind="sos")


def test_the_device_is_who_the_transport_says_it_is() -> None:
    assert parse("P-1", body(device="P-2")).device == "P-1"


def test_every_field_is_read() -> None:
    read = parse(
        "B-1",
        body(
            kind="medical",
            claimed_time="2026-03-01T21:00:00+01:00",
            position={"lon": 2.35, "lat": 48.86, "accuracy_m": 12},
            pin="1234",
            double=True,
        ),
    )
    assert read == Press(
        device="B-1",
        boot_id=1,
        seq=2,
        kind="medical",
        claimed_time=NOW,
        position=StatedPosition(lon=2.35, lat=48.86, accuracy_m=12.0),
        pin="1234",
        double=True,
    )


def test_a_device_of_tomorrow_may_say_more_than_we_know() -> None:
    assert isinstance(parse("P-1", body(temperature_c=21)), Press)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01T00:00:00Z", "2026-03-01T20:00:00", "", "0001-01-01T00:00:00+14:00"]
)
def test_a_clock_that_makes_no_sense_is_passed_over(text: str) -> None:
    assert parse("P-1", body(claimed_time=text)).claimed_time is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"boot_id":1}',
        b'{"boot_id":"1","seq":2}',
        b'{"boot_id":1,"seq":2.5}',
        b'{"boot_id":-1,"seq":2}',
        b'{"boot_id":1,"seq":9223372036854775808}',
        b'{"boot_id":1,"seq":2,"kind":"party"}',
        b'{"boot_id":1,"seq":2,"kind":"possible_press"}',
        b'{"boot_id":1,"seq":2,"position":{"lon":2}}',
        b'{"boot_id":1,"seq":2',
    ],
)
def test_what_cannot_be_read_says_so(raw: bytes) -> None:
    outcome = parse("P-1", raw)
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "press_unreadable"


def test_too_long_and_too_deep_are_refused_before_they_are_parsed() -> None:
    long = b'{"boot_id":1,"seq":2,"pin":"' + b"1" * PRESS_BYTES_MAX + b'"}'
    assert parse("P-1", long).rule == "press_too_long"
    deep = b'{"boot_id":1,"seq":2,"x":' + b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX + b"}"
    assert parse("P-1", deep).rule == "press_too_deep"
    exact = b'{"boot_id":1,"seq":2,"x":' + b"[" * (JSON_DEPTH_MAX - 1) + b"]" * (JSON_DEPTH_MAX - 1) + b"}"
    assert isinstance(parse("P-1", exact), Press)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(JSON)
def test_depth_is_counted_without_parsing(value: object) -> None:
    assert json_depth(json.dumps(value).encode()) == min(depth_of(value), JSON_DEPTH_MAX + 1)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader_and_none_lose_a_call(raw: bytes) -> None:
    read = parse("P-1", raw)
    if isinstance(read, Refusal):
        kept = possible_press("P-1", raw)
        assert (kept.kind, kept.device) == ("possible_press", "P-1")
        assert kept.key == possible_press("P-1", raw).key
        judged(kept)


def test_two_broken_messages_are_two_calls() -> None:
    assert possible_press("P-1", b"?").key != possible_press("P-1", b"!").key


# --- judging ----------------------------------------------------------------------------------------------


def test_an_ordinary_press_of_a_post_has_no_flag() -> None:
    signal = judged(press())
    assert (signal.flags, signal.position, signal.zone_id, signal.personal) == ((), HERE, "Z-1", False)


@pytest.mark.parametrize(
    ("claimed", "flags"),
    [
        (NOW - timedelta(minutes=2), ()),
        (NOW + timedelta(minutes=2), ()),
        (NOW - timedelta(minutes=2, microseconds=1), ("wrong_clock",)),
        (NOW + timedelta(days=400), ("wrong_clock",)),
        (None, ("no_clock",)),
    ],
)
def test_a_wrong_clock_is_kept_and_flagged(claimed, flags) -> None:
    signal = judged(press(claimed_time=claimed))
    assert (signal.flags, signal.claimed_at) == (flags, claimed)


def test_a_post_is_where_it_was_installed_whatever_it_says() -> None:
    near = offset(HERE, 100, 0)
    told = judged(press(position=StatedPosition(lon=near.lon, lat=near.lat)))
    assert (told.position, told.flags) == (HERE, ())
    far = judged(press(position=StatedPosition(lon=2.9, lat=48.86)))
    assert (far.position, far.flags) == (HERE, ("impossible_position",))


@pytest.mark.parametrize(("lon", "lat"), [(500.0, 0.0), (2.35, -91.0), (-120.0, 40.0)])
def test_a_personal_button_at_an_impossible_place_is_nowhere(lon: float, lat: float) -> None:
    signal = judged(press(position=StatedPosition(lon=lon, lat=lat)), PERSONAL)
    assert (signal.position, signal.flags, signal.accuracy_m) == (None, ("impossible_position",), ACCURACY_MAX_M)


def test_a_personal_button_without_a_place_is_nowhere_and_still_a_signal() -> None:
    signal = judged(press(), PERSONAL)
    assert (signal.position, signal.flags, signal.personal) == (None, ("no_position",), True)


@pytest.mark.parametrize(("stated", "kept"), [(12.0, 12.0), (0.0, 5_000.0), (-1.0, 5_000.0), (9_999.0, 5_000.0)])
def test_an_accuracy_that_makes_no_sense_is_the_worst(stated: float, kept: float) -> None:
    signal = judged(press(position=StatedPosition(lon=2.35, lat=48.86, accuracy_m=stated)), PERSONAL)
    assert signal.accuracy_m == kept


@pytest.mark.parametrize(
    ("kind", "window", "flags"),
    [("test", True, ()), ("test", False, ("test_outside_window",)), ("sos", True, ())],
)
def test_a_test_is_marked_and_a_real_call_in_a_test_window_is_real(kind, window, flags) -> None:
    signal = judged(press(kind), in_test_window=window)
    assert (signal.flags, signal.test) == (flags, kind == "test")


def test_a_retired_device_is_flagged_and_kept() -> None:
    assert judged(press(), msgspec.structs.replace(POST, retired=True)).flags == ("retired_device",)


def test_neither_a_signal_nor_its_fact_holds_a_pin_or_a_persons_place() -> None:
    there = StatedPosition(lon=2.3456, lat=48.8765)
    signal = judged(press(pin="4711", position=there), PERSONAL)
    fact = msgspec.json.encode(presses.received(signal))
    assert b"4711" not in msgspec.json.encode(signal)
    for secret in (b"4711", b"2.34", b"48.87"):
        assert secret not in fact
