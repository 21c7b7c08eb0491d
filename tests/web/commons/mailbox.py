"""A real mail server that keeps what it was handed, and can be slow, refuse, or hang up at the worst moment."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from necmergitur.adapters.messages import MailServer, Messenger
from necmergitur.app.services import free_port

Kind = TypeVar("Kind", bound="Mailbox")


class Mailbox:
    """What came, in its order."""

    def __init__(self) -> None:
        self.came: list[tuple[str, Any]] = []
        self.answer = "250 taken"
        self.refused: dict[str, str] = {}
        self.hangs_up = False
        self.stalls_s = 0.0
        self.port = free_port()

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's names
        if self.answer.startswith("250"):
            read = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(read, EmailMessage)
            self.came.append((envelope.rcpt_tos[0], read))
        if self.hangs_up:
            server.transport.close()  # taken, and nobody is told
        await asyncio.sleep(self.stalls_s)
        return self.answer

    @property
    def messenger(self) -> Messenger:
        """What the worker sends through."""
        return Messenger(
            MailServer(
                host="127.0.0.1", port=self.port, user="", password="", sender="ville@example.org", tls=None,
                from_the_first=False,
            ),
            None,
        )  # fmt: skip

    def last(self) -> str:
        """Return the text of what came last."""
        return str(self.came[-1][1].get_content())

    def wait(self, most: int, patience_s: float = 20.0) -> None:
        """Wait until so many came."""
        until = time.monotonic() + patience_s
        while len(self.came) < most and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.came) >= most


@contextmanager
def mailbox(kind: type[Kind]) -> Iterator[Kind]:
    """Run a mail server on the loopback until the block ends."""
    made = kind()
    server = Controller(made, hostname="127.0.0.1", port=made.port)
    server.start()
    try:
        yield made
    finally:
        server.stop()
