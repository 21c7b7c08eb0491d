"""A sign of life counts even when half of what it says makes no sense; it never says where its holder is."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import PRESS_BYTES_MAX
from necmergitur.signals.heartbeat import Heartbeat, is_deaf, parse

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_a_heartbeat_is_read_and_its_device_is_who_the_transport_says() -> None:
    read = parse("P-1", b'{"device":"P-9","boot_id":3,"battery_pct":87,"rssi_dbm":-71,"firmware":"1.4.2"}')
    assert read == Heartbeat(device="P-1", boot_id=3, battery_pct=87.0, rssi_dbm=-71.0, firmware="1.4.2")


@pytest.mark.parametrize(
    ("raw", "lost"),
    [
        (b'{"battery_pct":101}', "battery_pct"),
        (b'{"battery_pct":-1}', "battery_pct"),
        (b'{"rssi_dbm":31}', "rssi_dbm"),
        (b'{"rssi_dbm":-201}', "rssi_dbm"),
    ],
)
def test_a_figure_out_of_range_is_dropped(raw: bytes, lost: str) -> None:
    assert getattr(parse("P-1", raw), lost) is None


@pytest.mark.parametrize("boot_id", [-1, 2**63])
def test_a_boot_count_out_of_range_is_none(boot_id: int) -> None:
    assert parse("P-1", msgspec.json.encode({"boot_id": boot_id})).boot_id == 0


def test_a_heartbeat_never_keeps_a_place() -> None:
    read = parse("B-1", b'{"boot_id":1,"position":{"lon":2.35,"lat":48.86},"lon":2.35}')
    assert b"2.35" not in msgspec.json.encode(read)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sign_of_life(raw: bytes) -> None:
    assert parse("P-1", raw).device == "P-1"


def test_a_message_too_long_is_none() -> None:
    outcome = parse("P-1", b" " * (PRESS_BYTES_MAX + 1))
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "heartbeat_too_long"


def test_three_missed_heartbeats_make_it_deaf() -> None:
    assert not is_deaf(NOW - timedelta(seconds=180), NOW)
    assert is_deaf(NOW - timedelta(seconds=180, microseconds=1), NOW)
