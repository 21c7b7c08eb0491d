"""The public log over HTTP: the checkpoint, tiles and keys as files, proofs of public facts, and the page that checks.

Anybody may read all of it from anywhere (CORS): whoever checks us should not need our pages.
"""

import asyncio
import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.proofs import Prover, as_json
from necmergitur.kernel.refusal import Refusal
from necmergitur.live.http import refuse
from necmergitur.live.parts import LiveParts, Send

TEXT, BYTES, HTML = b"text/plain; charset=utf-8", b"application/octet-stream", b"text/html; charset=utf-8"
MOMENT = b"no-cache"
FOR_EVER = b"public, max-age=31536000, immutable"  # tlog-tiles: what lies at a tile's address never changes
# tlog-tiles: level 0 to 63 or entries, then three digits each.
TILE = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?")
PROOF = re.compile(r"proof/([1-9][0-9]{0,17})\.json")
FILES = ("checkpoint", "cosigned", "key", "witnesses")
PAGE = "verify"
NOT_FOUND = {"fact_not_public": 404, "fact_unknown": 404, "fact_not_signed_yet": 503}


class LogDoor:
    """Answers below /log/."""

    def __init__(self, parts: LiveParts) -> None:
        """Read nothing yet."""
        self._parts = parts
        self._folder = LogFolder(parts.home / "log-tiles")
        self._prover = Prover(parts.store, self._folder, parts.log_secret)
        self._turn = asyncio.Lock()

    async def get(self, path: str, send: Send) -> None:
        """Answer a GET. Raises Unreachable for a proof when the database is away."""
        if path in FILES:
            await self._file(path, TEXT, MOMENT, send)
        elif TILE.fullmatch(path):
            await self._file(path, BYTES, FOR_EVER, send)
        elif found := PROOF.fullmatch(path):
            await self._proof(int(found[1]), send)
        elif path.strip("/") == PAGE:
            content, policy = await asyncio.to_thread(page)
            await _answer(send, content, HTML, MOMENT, (b"content-security-policy", policy))
        else:
            await refuse(send, 404, "not_found", "The log has a checkpoint, tiles, keys, proofs and a page: verify/.")

    async def _file(self, path: str, kind: bytes, caching: bytes, send: Send) -> None:
        try:
            content = await asyncio.to_thread((self._folder.root / path).read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            await refuse(send, 404, "not_found", "The log has no such file.")
            return
        await _answer(send, content, kind, caching)

    async def _proof(self, seq: int, send: Send) -> None:
        async with (
            self._turn
        ):  # one at a time: the folder's cache is not for threads, and the database has better to do
            proof = await asyncio.to_thread(self._prover.public, seq, self._parts.clock.now())
        if isinstance(proof, Refusal):
            await refuse(send, NOT_FOUND.get(proof.rule, 500), proof.rule, proof.detail)
            return
        saved = (b"content-disposition", f'inline; filename="proof-{seq}.json"'.encode())
        await _answer(send, as_json(proof), b"application/json", MOMENT, saved)


@cache
def page() -> tuple[bytes, bytes]:
    """Return the page that checks proofs, one file, and the policy that lets nothing but its own script run."""
    content = files("necmergitur.web").joinpath("static", "build", "verify.html").read_bytes()
    scripts = re.findall(rb"<script[^>]*>(.*?)</script>", content, re.DOTALL)
    hashes = b" ".join(b"'sha256-" + base64.b64encode(hashlib.sha256(one).digest()) + b"'" for one in scripts)
    policy = b"default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; script-src "
    return content, policy + hashes


async def _answer(send: Send, body: bytes, kind: bytes, caching: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", caching),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
