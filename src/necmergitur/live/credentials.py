"""Whose credential is this? Answered from memory, so that a forged knock costs neither queue nor spool nor database.

The commit compares again: this only decides who may wait for it.
"""

import asyncio
from collections.abc import Mapping

import structlog

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.live.parts import LiveParts
from necmergitur.operations.ports import Unreachable

log = structlog.get_logger(__name__)
FRESH_S = 1.0  # forged knocks cost one reading in this time, however many come; a new device waits for it once
FORGET_S = 60.0  # a credential taken back no longer fills the queue after this


class Credentials:
    """Devices by the hash of their credential."""

    def __init__(self, parts: LiveParts) -> None:
        """Start empty; the first question reads them all."""
        self._store: PostgresStore = parts.store
        self._devices: Mapping[bytes, frozenset[str]] = {}
        self._read_s = float("-inf")
        self._reading: asyncio.Task[bool] | None = None

    async def devices_of(self, digest: bytes) -> frozenset[str]:
        """Return the devices that have this credential, none for a forged one.

        Raises Unreachable when it is not known and the database cannot be asked.
        """
        asked_s = asyncio.get_running_loop().time()
        known = self._devices.get(digest)
        if known is None:
            while self._read_s < asked_s:  # once, or twice when a reading was under way
                await self._read()
            return self._devices.get(digest, frozenset())
        if asked_s - self._read_s > FORGET_S and self._reading is None:
            self._reading = asyncio.create_task(self._renew())
        return known

    async def _read(self) -> None:
        """Wait for one reading; whoever asks meanwhile waits for the same. Raises Unreachable."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._renew())
        if not await asyncio.shield(self._reading):
            raise Unreachable("credentials could not be read")

    async def _renew(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(max(self._read_s + FRESH_S - loop.time(), 0))
            began_s = loop.time()
            self._devices = await asyncio.to_thread(self._load)
            self._read_s = began_s
        except Exception as why:  # noqa: BLE001 -- what was known still holds; whoever waited is told
            log.warning("credentials_not_read", why=type(why).__name__)
            return False
        finally:
            self._reading = None
        return True

    def _load(self) -> dict[bytes, frozenset[str]]:
        found: dict[bytes, frozenset[str]] = {}
        with self._store.cursor() as cursor:
            for device, digest in cursor.execute(load("live")["credentials"]):
                found[bytes(digest)] = found.get(bytes(digest), frozenset()) | {device}
        return found
