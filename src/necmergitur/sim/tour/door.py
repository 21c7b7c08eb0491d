"""One loopback port of a demonstration: the invented sources of the watch, and the three parties' keys."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

from necmergitur.adapters import passkeys
from necmergitur.governance.signing import PartyRole
from necmergitur.sim.tour import feeds
from necmergitur.sim.tour.keys import Key

REQUEST_BYTES_MAX = 4_096
ANSWER_S_MAX = 10.0
WATCH, SIGN = "/watch/", "/sign/"


class _Asked(msgspec.Struct):
    challenge: str


class Door:
    """Serves on the address of the settings until `close`. Raises OSError when the port is taken."""

    def __init__(self, address: str, keys: dict[PartyRole, Key]) -> None:
        """Open at once, in a thread of its own."""
        parts = urlsplit(address)
        self._server = ThreadingHTTPServer(("127.0.0.1", parts.port or 0), _handler(keys))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="door", daemon=True).start()

    def close(self) -> None:
        """Leave."""
        self._server.shutdown()
        self._server.server_close()


def _handler(keys: dict[PartyRole, Key]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = ANSWER_S_MAX

        def do_GET(self) -> None:
            """A source, or a thing it tells of."""
            path = urlsplit(self.path).path
            base = f"http://{self.headers.get('Host', '')}{WATCH}"
            found = feeds.body(path.removeprefix(WATCH), base) if path.startswith(WATCH) else None
            if found is None:
                self._say(404, "text/plain", b"")
            else:
                self._say(200, f"{found[0]}; charset=utf-8", found[1].encode())

        def do_POST(self) -> None:
            """Sign a challenge for a party."""
            role: Any = urlsplit(self.path).path.removeprefix(SIGN)
            length = self.headers.get("Content-Length", "")
            if role not in keys or not length.isdecimal() or int(length) > REQUEST_BYTES_MAX:
                self._say(404, "application/json", b'{"rule":"not_found"}')
                return
            try:
                asked = msgspec.json.decode(self.rfile.read(int(length)), type=_Asked)
                said = keys[role].get(passkeys.unb64(asked.challenge))
            except ValueError:
                self._say(422, "application/json", b'{"rule":"malformed"}')
                return
            self._say(200, "application/json", msgspec.json.encode(said))

        def _say(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: Any) -> None:
            """Say nothing: what is asked here is in the watch's own record."""

    return Handler
