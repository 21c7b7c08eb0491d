"""Ask the finder: HTTP over a Unix socket of one installation, between processes of one user, and nobody else."""

import os
import socket
import struct
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from uuid import UUID

import msgspec

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.findable import Found, Wanted

SOCKET = "finder.sock"  # in NEC_HOME/run
ANSWER_S_MAX = 3.0  # ours: measured below 0.1 s at a million records; a page never waits longer for it
ANSWER_BYTES_MAX = 64 * 1024  # FOUND_AT_MOST of the longest flags
AWAY = Refusal(rule="finder_away", detail="Names cannot be looked for at the moment.")
_CREDENTIALS = struct.Struct("3i")  # struct ucred, unix(7): process, user, group


def socket_path(home: Path) -> Path:
    """Return where the finder of an installation listens."""
    return home / "run" / SOCKET


def user_of(peer: socket.socket) -> int:
    """Return the user at the other end of a Unix socket, as the kernel knows it (unix(7), SO_PEERCRED)."""
    given = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(given)[1])


class FinderClient:
    """`operations.population.finding.Finder`: a connection for each question, so that any thread may ask."""

    def __init__(self, home: Path) -> None:
        """Ask the finder of the installation in `home`."""
        self._path = socket_path(home)

    def find(self, crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        """Return who may be meant, best first; a Refusal when the finder is away or not ready yet."""
        connection = _UnixConnection(self._path)
        try:
            connection.request(
                "POST",
                f"/crises/{crisis_id}/find",
                msgspec.json.encode(wanted),
                {"Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            body = answer.read(ANSWER_BYTES_MAX)
            if answer.status == 200:  # noqa: PLR2004 - RFC 9110 15.3.1
                return msgspec.json.decode(body, type=list[Found])
            return msgspec.json.decode(body, type=Refusal)
        except (OSError, HTTPException, msgspec.DecodeError):
            return AWAY
        finally:
            connection.close()


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("finder", timeout=ANSWER_S_MAX)
        self._path = path

    def connect(self) -> None:
        """Connect, and refuse to tell a name to another user's process."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_S_MAX)
        self.sock.connect(str(self._path))
        if user_of(self.sock) != os.geteuid():
            raise ConnectionRefusedError("another user listens there")
