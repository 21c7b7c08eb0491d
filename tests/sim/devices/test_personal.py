"""A personal button repeats until the city says it is kept, and stops when it can never be."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from necmergitur.kernel.geo import Position
from necmergitur.sim.devices import personal
from necmergitur.sim.devices.personal import PersonalButton


class Door:
    """Answers each press with the next of `statuses`, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        door, left = self, list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                door.heard.append((self.headers["authorization"], json.loads(body)))
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                del args

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(personal, "LAMP_REPEAT_S_FIRST", 0.01)
    return


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kept", [200, 201])
def test_it_repeats_the_same_call_until_it_is_kept(kept: int) -> None:
    door = Door(503, 502, kept)
    record = PersonalButton("p-1", "secret", door.origin).press("medical", place=Position(2.35, 48.85), pin="1234")
    door.close()
    assert record.lit_at is not None
    assert record.sends == 3
    assert door.heard == [door.heard[0]] * 3
    authorization, body = door.heard[0]
    assert authorization == "Bearer secret"
    assert (body["device"], body["kind"], body["pin"]) == ("p-1", "medical", "1234")
    assert body["position"] == {"lon": 2.35, "lat": 48.85, "accuracy_m": 20.0}


@pytest.mark.usefixtures("quick")
def test_an_unknown_credential_is_not_repeated_and_stays_dark() -> None:
    door = Door(401)
    record = PersonalButton("p-1", "stolen", door.origin).press()
    door.close()
    assert (record.lit_at, record.sends) == (None, 1)


@pytest.mark.usefixtures("quick")
def test_a_city_that_does_not_answer_leaves_the_lamp_dark() -> None:
    door = Door(201)
    door.close()
    record = PersonalButton("p-1", "secret", door.origin).press(seconds_max=0.1)
    assert record.lit_at is None
    assert record.sends > 1


@pytest.mark.parametrize("origin", ["http://city.example", "http://127.0.0.1.city.example", "ftp://127.0.0.1", ""])
def test_it_never_sends_its_credential_in_the_clear_to_another_machine(origin: str) -> None:
    with pytest.raises(ValueError, match="HTTPS"):
        PersonalButton("p-1", "secret", origin)
