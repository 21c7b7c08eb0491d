"""What a device, honest or not, can do to a real broker: ring and beat in its own name, and nothing else."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import paho.mqtt.client as mqtt
import pytest

from necmergitur.adapters.pki import CityAuthority

# Long enough for a message that would come to have come: the honest ones here take a few milliseconds.
SILENCE_S = 0.4


class Device:
    """An MQTT client that remembers what happened to it."""

    def __init__(self, client: mqtt.Client, port: int) -> None:
        self.client = client
        self.connected: list[str] = []
        self.disconnected: list[str] = []
        self.granted: list[list[str]] = []
        self.messages: list[tuple[str, bytes]] = []
        client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.append(str(reason))
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self.disconnected.append(str(reason))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.granted.append([str(r) for r in reasons])
        client.on_message = lambda _c, _u, message: self.messages.append((message.topic, message.payload))
        client.connect("127.0.0.1", port)
        client.loop_start()

    def subscribe(self, topic: str, qos: int = 0) -> str:
        before = len(self.granted)
        self.client.subscribe(topic, qos)
        wait_for(lambda: len(self.granted) > before)
        return self.granted[-1][0]

    def say(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self.client.publish(topic, payload, qos)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Ingest:
    """Our own reader: a core NATS subscription on every button, as the engine holds it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, url: str) -> None:
        self._loop = loop
        self.heard: list[tuple[str, bytes]] = []
        self._connection = loop.run_until_complete(self._open(url))

    async def _open(self, url: str) -> Any:
        connection = await nats.connect(url)

        async def hear(message: Any) -> None:
            self.heard.append((message.subject, message.data))

        for word in ("press", "heartbeat"):
            await connection.subscribe(f"nec.v1.button.*.{word}", cb=hear)
        await connection.flush()
        return connection

    def listen(self, seconds: float = SILENCE_S) -> list[tuple[str, bytes]]:
        self._loop.run_until_complete(asyncio.sleep(seconds))
        return self.heard

    def wait_for(self, subject: str, payload: bytes) -> None:
        wait_for(lambda: (subject, payload) in self.listen(0.01))

    def acknowledge(self, device_id: str, payload: bytes) -> None:
        async def publish() -> None:
            await self._connection.publish(f"nec.v1.button.{device_id}.ack", payload)
            await self._connection.flush()

        self._loop.run_until_complete(publish())

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())


@pytest.fixture
def ingest(broker: Any) -> Iterator[Ingest]:
    loop = asyncio.new_event_loop()
    reader = Ingest(loop, broker.nats_url)
    yield reader
    reader.close()
    loop.close()


@pytest.fixture
def device(broker: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Device]]:
    """`device("post-1")` is a fresh, enrolled, connected device."""
    made: list[Device] = []

    def make(device_id: str, client_id: str | None = None, credential: Any = None) -> Device:
        held = credential or broker.enrol(device_id)[0]
        fresh = Device(broker.mqtt_client(held, client_id), broker.mqtt_port)
        made.append(fresh)
        wait_for(lambda: bool(fresh.connected or fresh.disconnected))
        return fresh

    yield make
    for one in made:
        one.client.disconnect()
        one.client.loop_stop()


def test_a_device_rings_is_heard_and_its_lamp_is_lit(device: Any, ingest: Ingest) -> None:
    post = device("honest-1")
    assert post.connected == ["Success"]
    assert post.subscribe("nec/v1/button/honest-1/ack") == "Granted QoS 0"
    post.say("nec/v1/button/honest-1/press", b"help")
    ingest.wait_for("nec.v1.button.honest-1.press", b"help")
    ingest.acknowledge("honest-1", b"lit")
    wait_for(lambda: post.messages == [("nec/v1/button/honest-1/ack", b"lit")])


def test_a_certificate_of_another_authority_is_refused(broker: Any, tmp_path: Path) -> None:
    stranger = CityAuthority.open(tmp_path / "elsewhere").issue_device("honest-1")
    client = broker.mqtt_client(stranger)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        live_for_a_while(client, broker.mqtt_port)


def live_for_a_while(client: mqtt.Client, port: int) -> None:
    """Connect and serve the connection for two seconds; raises once the broker closes it."""
    client.connect("127.0.0.1", port)
    for _ in range(10):
        if client.loop(0.2) != mqtt.MQTT_ERR_SUCCESS:
            raise ConnectionError("the broker closed the connection")


def test_our_own_certificate_that_was_never_enrolled_is_refused(broker: Any, device: Any) -> None:
    unknown = device("never", credential=broker.authority.issue_device("never"))
    assert unknown.connected[0] == "Not authorized"


def test_a_client_without_certificate_is_refused(broker: Any) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bare")
    client.tls_set(ca_certs=str(broker.trust_file))
    client.username_pw_set("nec", os.environ["NEC_SECRET_BROKER"])
    refused: list[str] = []
    client.on_connect = lambda _c, _u, _f, reason, _p: refused.append(str(reason))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        live_for_a_while(client, broker.mqtt_port)
    assert refused == []


@pytest.mark.parametrize(
    "topic",
    ["#", "nec/#", "nec/v1/button/+/ack", "nec/v1/button/+/press", "nec/v1/button/victim-1/ack", "$SYS/#", "$MQTT/#"],
)
def test_listening_to_others_is_refused(device: Any, ingest: Ingest, topic: str) -> None:
    spy = device("spy-1")
    assert spy.subscribe(topic) == "Unspecified error"
    ingest.acknowledge("victim-1", b"lit")
    assert ingest.listen() is not None
    assert spy.messages == []


@pytest.mark.parametrize("qos", [0, 1])
def test_a_press_in_the_name_of_another_is_never_heard(device: Any, ingest: Ingest, qos: int) -> None:
    forger = device(f"forger-{qos}")
    forger.say("nec/v1/button/victim-1/press", b"forged", qos)
    forger.say(f"nec/v1/button/forger-{qos}/heartbeat", b"afterwards", qos)
    ingest.wait_for(f"nec.v1.button.forger-{qos}.heartbeat", b"afterwards")
    assert [m for m in ingest.listen() if m[1] == b"forged"] == []


@pytest.mark.parametrize("qos", [0, 1])
def test_a_forged_acknowledgement_lights_no_lamp(device: Any, qos: int) -> None:
    victim = device(f"lamp-{qos}")
    victim.subscribe(f"nec/v1/button/lamp-{qos}/ack")
    forger = device(f"forging-{qos}")
    forger.say(f"nec/v1/button/lamp-{qos}/ack", b"lit", qos)
    victim.say(f"nec/v1/button/lamp-{qos}/ack", b"lit by itself", qos)
    time.sleep(SILENCE_S)
    assert victim.messages == []


@pytest.mark.parametrize(("owner", "heard"), [("will-1", True), ("victim-1", False)])
def test_a_will_speaks_in_its_own_name_only(broker: Any, ingest: Ingest, owner: str, heard: bool) -> None:
    client = broker.mqtt_client(broker.enrol("will-1")[0])
    client.will_set(f"nec/v1/button/{owner}/heartbeat", b"from the grave", qos=1)
    dying = Device(client, broker.mqtt_port)
    wait_for(lambda: bool(dying.connected or dying.disconnected))
    client.on_disconnect = lambda *_: client.loop_stop()
    client.socket().shutdown(socket.SHUT_RDWR)
    said = (f"nec.v1.button.{owner}.heartbeat", b"from the grave")
    assert (said in ingest.listen(1.0)) is heard


def test_a_stolen_client_id_disturbs_no_ingest_and_the_owner_comes_back(device: Any, ingest: Ingest) -> None:
    owner = device("owner-1", "shared-client-id")
    thief = device("thief-1", "shared-client-id")
    thief.say("nec/v1/button/owner-1/press", b"stolen")
    wait_for(lambda: len(owner.connected) > 1, 10.0)
    owner.say("nec/v1/button/owner-1/press", b"still mine")
    ingest.wait_for("nec.v1.button.owner-1.press", b"still mine")
    assert [m for m in ingest.heard if m[1] == b"stolen"] == []


def test_the_client_id_of_our_own_reader_cannot_be_stolen(device: Any, ingest: Ingest) -> None:
    """The reader is no MQTT client: whatever name a device takes, reading goes on."""
    for name in ("nec", "nec-0", "ingest"):
        device("namesake-1", name).say("nec/v1/button/namesake-1/press", name.encode())
        ingest.wait_for("nec.v1.button.namesake-1.press", name.encode())


def test_an_oversize_payload_is_refused_before_we_read_it(device: Any, ingest: Ingest) -> None:
    loud = device("loud-1")
    loud.say("nec/v1/button/loud-1/press", b"x" * (64 * 1024 + 1))
    wait_for(lambda: bool(loud.disconnected))
    assert [s for s, _ in ingest.listen() if s == "nec.v1.button.loud-1.press"] == []


def test_a_reload_drops_nobody(broker: Any, device: Any, ingest: Ingest) -> None:
    posts = [device(f"steady-{n}") for n in range(5)]
    posts[0].subscribe("nec/v1/button/steady-0/ack")
    for _ in range(3):
        broker.reload()
    ingest.acknowledge("steady-0", b"lit")
    wait_for(lambda: posts[0].messages == [("nec/v1/button/steady-0/ack", b"lit")])
    assert [post.disconnected for post in posts] == [[], [], [], [], []]


def test_a_revoked_credential_is_thrown_out_and_a_second_one_of_the_same_device_stays(
    broker: Any, device: Any, ingest: Ingest
) -> None:
    old, new = broker.enrol("renewed-1", "renewed-1")
    before, after = device("renewed-1", credential=old), device("renewed-1", credential=new)
    broker.revoke(old)
    wait_for(lambda: bool(before.disconnected))
    wait_for(lambda: "Not authorized" in before.connected)
    after.say("nec/v1/button/renewed-1/press", b"rings")
    ingest.wait_for("nec.v1.button.renewed-1.press", b"rings")
    assert after.disconnected == []


def test_a_device_cannot_enter_by_the_door_of_our_own_processes(broker: Any) -> None:
    credential = broker.enrol("sneak-1")[0]
    address = broker.nats_url.split("@")[1]

    async def enter() -> None:
        await nats.connect(
            f"nats://{address}", user=credential.subject, password="", allow_reconnect=False, connect_timeout=2
        )

    with pytest.raises(nats.errors.Error):
        asyncio.run(enter())


def test_nobody_enters_without_the_password(broker: Any) -> None:
    address = broker.nats_url.split("@")[1]

    async def enter() -> None:
        await nats.connect(f"nats://nec:guess@{address}", allow_reconnect=False, connect_timeout=2)

    with pytest.raises(nats.errors.Error):
        asyncio.run(enter())


def test_devices_return_by_themselves_after_kill_9(broker: Any, device: Any) -> None:
    post = device("patient-1")
    broker.kill()
    wait_for(lambda: bool(post.disconnected))
    broker.start()
    wait_for(lambda: len(post.connected) > 1, 10.0)
