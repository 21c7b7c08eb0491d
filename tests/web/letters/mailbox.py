"""A mailbox for tests: letters that a real SMTP server took from the project's own mail adapter."""

import json
from collections import defaultdict
from datetime import datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import Envelope
from django.utils import timezone

from necmergitur.adapters.messages import messenger
from necmergitur.web.letters import sending


class Mailbox:
    """Letters by address. `answer`: what the server says to the next ones."""

    def __init__(self) -> None:
        self.port = 0
        self.answer = "250 OK"
        self.letters: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def take(self, envelope: Envelope) -> str:
        """Keep a letter, or refuse it."""
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content or b"", policy=policy.default)
            for to in envelope.rcpt_tos:
                self.letters[to].append((str(mail["Subject"]), mail.get_content()))
        return self.answer

    def turn(self, now: datetime | None = None) -> int:
        """One turn of the worker; return how many letters left."""
        sender = messenger(f"smtp://127.0.0.1:{self.port}", "city@example.org", "", "")
        return sending.send_due(sender, now or timezone.now())

    def to(self, address: str) -> list[tuple[str, str]]:
        """Return what came to an address: subject and text."""
        return self.letters[address]


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
