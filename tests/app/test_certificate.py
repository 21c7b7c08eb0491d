"""Certificates are replaced under a running broker, and no device that may stay is cut off."""

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from necmergitur.adapters.pki import DeviceCredential
from necmergitur.app.cli import main


@pytest.fixture
def broker(make_broker: Any, tmp_path: Path) -> Any:
    """A broker of this test's own: its authority changes."""
    return make_broker(tmp_path / "home")


@pytest.fixture
def nec(broker: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NEC_HOME", str(broker.home))

    def call(*words: str) -> str:
        answer = CliRunner().invoke(main, ["certificate", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    return call


def shakes_hands(broker: Any, credential: DeviceCredential, trust: str, folder: Path) -> bool:
    """Return whether a device that trusts `trust` and the broker accept each other."""
    pem = folder / "device.pem"
    pem.write_bytes(credential.key_pem + credential.cert_pem)
    context = ssl.create_default_context(cadata=trust)
    context.load_cert_chain(pem)
    # TLS 1.2 tells the client of its refusal within the handshake.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection(("127.0.0.1", broker.mqtt_port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_new_server_certificate_drops_nobody(broker: Any, nec: Any, tmp_path: Path) -> None:
    credential = broker.enrol("rotating-1")[0]
    trust = nec("show")
    client = broker.mqtt_client(credential)
    lost: list[object] = []
    client.on_disconnect = lambda *_: lost.append(1)
    client.connect("127.0.0.1", broker.mqtt_port)
    client.loop_start()
    time.sleep(0.3)
    before = (broker.home / "pki" / "server.pem").read_bytes()
    nec("rotate-server")
    assert (broker.home / "pki" / "server.pem").read_bytes() != before
    assert shakes_hands(broker, credential, trust, tmp_path)
    assert lost == []
    client.disconnect()
    client.loop_stop()


def test_a_whole_rotation_of_the_authority_under_a_running_broker(broker: Any, nec: Any, tmp_path: Path) -> None:
    old_trust = nec("show")
    (old,) = broker.enrol("veteran-1")
    assert shakes_hands(broker, old, old_trust, tmp_path)

    nec("rotate-authority")
    broker.authority = type(broker.authority).open(broker.home / "pki")
    both = nec("show")
    (new,) = broker.enrol("recruit-1")
    assert shakes_hands(broker, old, old_trust, tmp_path), "a device that was not told yet is cut off"
    assert shakes_hands(broker, new, both, tmp_path), "a new device is refused"

    nec("switch-server")
    assert shakes_hands(broker, old, both, tmp_path), "an old device that was told is cut off"
    assert not shakes_hands(broker, old, old_trust, tmp_path)

    nec("retire-authority", "--yes")
    broker.authority = type(broker.authority).open(broker.home / "pki")
    assert shakes_hands(broker, new, nec("show"), tmp_path)
    assert not shakes_hands(broker, old, nec("show"), tmp_path), "a device of the retired authority is let in"


def test_retiring_before_switching_is_refused(broker: Any, nec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEC_HOME", str(broker.home))
    answer = CliRunner().invoke(main, ["certificate", "retire-authority", "--yes"])
    assert answer.exit_code == 1
    assert "no rotation is under way" in answer.output
