"""Questions over a Unix socket: HTTP, from processes of our own user alone. Nothing asked is written anywhere."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.finder import AWAY, user_of
from necmergitur.finder.constants import ANSWER_S_MAX, QUESTION_BYTES_MAX, QUESTIONS_AT_ONCE
from necmergitur.kernel.refusal import Refusal
from necmergitur.people.findable import Found, Wanted

Answers = Callable[[UUID, Wanted], list[Found] | Refusal]
UNREADABLE = Refusal(rule="question_unreadable")


class FinderServer(ThreadingMixIn, UnixStreamServer):
    """Answers with `answers`; `begin` to listen."""

    daemon_threads = True
    request_queue_size = 64  # ours: the questions of all pages at once

    def __init__(self, path: Path, answers: Answers) -> None:
        """Listen at `path`, which our user alone may open."""
        self.answers = answers
        self._places = threading.BoundedSemaphore(QUESTIONS_AT_ONCE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(before)
        self._path = path

    def begin(self) -> None:
        """Answer in threads of its own until `close`."""
        threading.Thread(target=self.serve_forever, name="finder", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()
        self._path.unlink(missing_ok=True)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Hear processes of our own user alone: root reads our memory anyhow, and asks elsewhere."""
        return user_of(request) == os.geteuid()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a question that broke off: what it held stays out of every log."""

    def answer(self, crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        """Answer one question, or say at once that too many wait."""
        if not self._places.acquire(timeout=ANSWER_S_MAX):
            return AWAY
        try:
            return self.answers(crisis_id, wanted)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    server: FinderServer
    timeout = ANSWER_S_MAX

    def do_POST(self) -> None:
        """Answer `POST /crises/<id>/find`."""
        try:
            length = int(self.headers.get("Content-Length", "0"))
            match self.path.split("/"):
                case ["", "crises", crisis_id, "find"] if 0 < length <= QUESTION_BYTES_MAX:
                    wanted = msgspec.json.decode(self.rfile.read(length), type=Wanted)
                    answer = self.server.answer(UUID(crisis_id), wanted)
                case _:
                    answer = UNREADABLE
        except ValueError:  # msgspec's errors are ValueErrors too
            answer = UNREADABLE
        except Exception:  # noqa: BLE001 - a question is never repeated in a log
            answer = AWAY
        self._say(answer)

    def _say(self, answer: list[Found] | Refusal) -> None:
        body = msgspec.json.encode(answer)
        with contextlib.suppress(OSError, socket.timeout):
            self.send_response(200 if isinstance(answer, list) else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        """Log no question and no answer."""
