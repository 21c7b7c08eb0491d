"""LoRaWAN buttons through ChirpStack's "up" events."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.adapters.alarms.call import Call, Sign
from necmergitur.adapters.alarms.chirpstack import parse_event, parse_uplink
from necmergitur.adapters.alarms.constants import UPLINK_BYTES_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.signals.constants import INTEGER_MAX

# The shape of ChirpStack 4's JSON (integration.UplinkEvent), with a second gateway and fields we do not read.
EVENT: dict[str, Any] = {
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2026-03-14T15:09:26.535897932+00:00",
    "deviceInfo": {
        "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "tenantName": "City",
        "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75",
        "applicationName": "Buttons",
        "deviceProfileId": "605d08d4-65f5-4d2c-8a5a-3d2457662f79",
        "deviceProfileName": "Button",
        "deviceName": "post 9",
        "devEui": "0101010101010101",
        "tags": {"key": "value"},
    },
    "devAddr": "00189440",
    "adr": True,
    "dr": 1,
    "fCnt": 4,
    "fPort": 1,
    "confirmed": False,
    "data": "",
    "rxInfo": [
        {"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -71, "snr": 9.5, "location": {}},
        {"gatewayId": "0016c001f153a14d", "uplinkId": 4217106256, "rssi": -48, "snr": 9, "context": "EFwMtA=="},
    ],
    "txInfo": {"frequency": 867100000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11}}},
}


def event(**changes: Any) -> bytes:
    return json.dumps(EVENT | changes).encode()


def pressed(kind: int, boot_id: int = 3, seq: int = 8) -> str:
    return base64.b64encode(bytes([kind]) + boot_id.to_bytes(4, "big") + seq.to_bytes(4, "big")).decode()


@pytest.mark.parametrize(
    ("code", "kind"), [(1, "sos"), (2, "medical"), (3, "fire"), (4, "violence"), (5, "cancel"), (6, "test")]
)
def test_our_nine_bytes_are_a_press_with_the_buttons_own_counters(code: int, kind: str) -> None:
    assert parse_uplink(event(data=pressed(code, 70_000, 4_000_000_000))) == Call(
        external_key="0101010101010101",
        kind=kind,
        boot_id=70_000,
        seq=4_000_000_000,
        claimed_time=datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC),
    )


def test_a_codecs_decoded_object_speaks_for_a_button_of_another_make() -> None:
    said = parse_uplink(event(fPort=85, object={"kind": "medical", "boot_id": 5.0, "seq": 6}))
    assert isinstance(said, Call)
    assert (said.kind, said.boot_id, said.seq) == ("medical", 5, 6)


def test_without_counters_the_same_event_sent_again_is_the_same_call_and_the_next_is_not() -> None:
    said = [
        parse_uplink(event(fPort=85, object={"kind": "sos"}, deduplicationId=name))
        for name in [EVENT["deduplicationId"]] * 2 + ["3ac7e3c4-4401-4b8d-9386-a5c902f9202e"]
    ]
    names = [(c.boot_id, c.seq) for c in said if isinstance(c, Call)]
    assert names[0] == names[1] != names[2]
    assert all(0 <= n <= INTEGER_MAX for name in names for n in name)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": ""},
        {"data": "%%%"},
        {"data": pressed(99)},
        {"data": base64.b64encode(b"short").decode()},
        {"fPort": 85, "data": pressed(1)},
        {"fPort": 85, "object": {"button": "pressed"}},
        {"fPort": 85, "object": {"kind": "synthetic"}},
        {"fPort": 85, "object": {"kind": ["sos"]}},
    ],
)
def test_an_event_of_a_button_that_makes_no_sense_reaches_a_human(changes: dict[str, Any]) -> None:
    said = parse_uplink(event(**changes))
    assert isinstance(said, Call)
    assert (said.external_key, said.kind) == ("0101010101010101", "possible_press")


@pytest.mark.parametrize(("byte", "battery"), [(0, 0), (87, 87), (100, 100), (101, None), (255, None)])
def test_port_two_is_a_sign_of_life_with_the_best_signal_heard(byte: int, battery: int | None) -> None:
    said = parse_uplink(event(fPort=2, data=base64.b64encode(bytes([byte])).decode()))
    assert said == Sign(external_key="0101010101010101", battery_pct=battery, rssi_dbm=-48)
    assert said.heartbeat("post-9").battery_pct == battery


@pytest.mark.parametrize("time", [None, "yesterday", "2026-03-14T15:09:26", "9999-12-31T23:59:59-14:00"])
def test_an_unreadable_time_never_loses_the_call(time: str | None) -> None:
    said = parse_uplink(event(time=time, data=pressed(1)))
    assert isinstance(said, Call)
    assert (said.kind, said.claimed_time) == ("sos", None)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "uplink_unreadable"),
        (b"[]", "uplink_unreadable"),
        (b'{"deviceInfo": {}}', "uplink_unreadable"),
        (event(deviceInfo={"devEui": "not an eui"}), "uplink_unreadable"),
        (event(deduplicationId="not a uuid"), "uplink_unreadable"),
        (b"[" * 5_000, "uplink_too_deep"),
        (event(data="A" * UPLINK_BYTES_MAX), "uplink_too_long"),
    ],
)
def test_what_names_no_device_is_refused_by_name(body: bytes, rule: str) -> None:
    said = parse_uplink(body)
    assert isinstance(said, Refusal)
    assert said.rule == rule


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*EVENT, "object"]), json_values))
def test_any_event_is_a_call_a_sign_or_a_named_refusal(changes: dict[str, Any]) -> None:
    said = parse_uplink(event(**changes))
    if isinstance(said, Call):
        assert 0 <= said.boot_id <= INTEGER_MAX
        assert 0 <= said.seq <= INTEGER_MAX
    else:
        assert isinstance(said, Sign | Refusal)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(body: bytes) -> None:
    assert isinstance(parse_uplink(body), Refusal)


@pytest.mark.parametrize("event", ["join", "status", "ack", "txack", "log", "location", "integration"])
def test_only_an_uplink_can_be_a_call(event: str) -> None:
    body = json.dumps({"deduplicationId": str(UUID(int=1)), "deviceInfo": {"devEui": "0101010101010101"}}).encode()
    assert parse_event(event, body) == Sign(external_key="0101010101010101", code=event)
    assert isinstance(parse_event("up", body), Call)


def test_a_status_tells_the_battery() -> None:
    body = json.dumps({"deviceInfo": {"devEui": "0101010101010101"}, "batteryLevel": 87.5}).encode()
    assert parse_event("status", body) == Sign(external_key="0101010101010101", code="status", battery_pct=87.5)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"deviceInfo":{}}', b"[" * 5_000])
def test_another_event_that_names_no_device_is_refused(body: bytes) -> None:
    assert isinstance(parse_event("join", body), Refusal)
