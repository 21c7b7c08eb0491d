"""The mailbox as tests of letters use it, and a demonstration's inboxes."""

import json
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.utils import timezone

from necmergitur.web.letters import sending
from tests.web.commons import mailbox


class Mailbox(mailbox.Mailbox):
    """What came, and how a worker sends what waits."""

    def turn(self, now: datetime | None = None) -> int:
        """One turn of the worker; return how many letters left."""
        return sending.send_due(self.messenger, now or timezone.now())

    def to(self, address: str) -> list[tuple[str, str]]:
        """Return what came to an address: subject and text."""
        return [(str(mail["Subject"]), mail.get_content()) for to, mail in self.came if to == address]


class Inboxes(ThreadingHTTPServer):
    """A demonstration's inboxes, as its simulated street has them: whom something was for, and its text."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Delivered)
        self.came: list[tuple[str, str]] = []
        self.address = f"http://127.0.0.1:{self.server_port}"


class _Delivered(BaseHTTPRequestHandler):
    server: Inboxes

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.came.append((said["to"], said["text"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
        """Say nothing on the terminal."""
