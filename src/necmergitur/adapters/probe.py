"""A synthetic button: presses through MQTT and TLS like any post, and waits for its lamp."""

import ssl
import threading
import time
from pathlib import Path

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 5.0  # a lamp takes milliseconds; five seconds is broken
REPEAT_S = 1.0  # as a post repeats until lit: an engine that is just starting hears the second press
DEVICE_ID = "synthetic-1"


class Probe:
    """One synthetic button with its own certificate."""

    def __init__(
        self, host: str, port: int, *, trust: Path, certificate: Path, key: Path, name: str = DEVICE_ID
    ) -> None:
        """Keep the address and the files; each press connects anew, so that the whole path is walked."""
        self._host, self._port, self._name = host, port, name
        self._trust, self._certificate, self._key = trust, certificate, key

    def press(self) -> float | None:
        """Press once; return milliseconds until the lamp, None when it stayed dark."""
        lit = threading.Event()
        topic = f"nec/v1/button/{self._name}"
        boot_id, seq = int(time.time()), 1
        began = time.monotonic()

        def press(client: Client) -> None:
            body = {"boot_id": boot_id, "seq": seq, "kind": "synthetic"}
            client.publish(f"{topic}/press", msgspec.json.encode(body), qos=0)

        def on_connect(client: Client, *_: object) -> None:
            client.subscribe(f"{topic}/ack", qos=0)

        def on_subscribe(client: Client, *_: object) -> None:
            press(client)

        def on_message(_client: Client, _userdata: object, message: MQTTMessage) -> None:
            answer = msgspec.json.decode(message.payload)
            if answer.get("boot_id") == boot_id and answer.get("lamp") == "lit":
                lit.set()

        client = Client(CallbackAPIVersion.VERSION2, client_id=f"{self._name}-{boot_id}-{time.monotonic_ns()}")
        client.tls_set(
            ca_certs=str(self._trust),
            certfile=str(self._certificate),
            keyfile=str(self._key),
            tls_version=ssl.PROTOCOL_TLS_CLIENT,
        )
        client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
        try:
            client.connect(self._host, self._port, keepalive=10)
            client.loop_start()
            while not lit.wait(REPEAT_S) and time.monotonic() - began < PATIENCE_S:
                if client.is_connected():
                    press(client)
        except OSError:
            return None
        finally:
            client.disconnect()
            client.loop_stop()
        return (time.monotonic() - began) * 1000 if lit.is_set() else None
