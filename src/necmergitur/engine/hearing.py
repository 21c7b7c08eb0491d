"""A connection of its own to a broker shard, made again for ever: what sensors flood is not what presses use."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from necmergitur.adapters.keeping import end

log = structlog.get_logger(__name__)

AGAIN_S = 0.5


class Ear:
    """Hears subjects on one shard, and speaks there."""

    def __init__(self, name: str, shard: int, url: str, hear: Mapping[str, Callable[[Msg], Awaitable[None]]]) -> None:
        """`hear` says which function hears which subject; none may raise or wait long."""
        self._name, self._shard, self._url, self._hear = name, shard, url, hear
        self._client = Client()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect; nothing waits for it."""
        self._task = asyncio.create_task(self._connect(), name=f"{self._name}-{self._shard}")

    async def stop(self) -> None:
        """Leave."""
        if self._task is not None:
            await end(self._task)
        with contextlib.suppress(Exception):
            await self._client.close()

    async def say(self, subject: str, body: bytes) -> None:
        """Publish; dropped while the broker is away."""
        if self._client.is_connected:
            with contextlib.suppress(Exception):
                await self._client.publish(subject, body)

    async def _connect(self) -> None:
        async def trouble(error: Exception) -> None:
            log.debug("broker_error", line=self._name, shard=self._shard, error=type(error).__name__)

        while True:
            try:
                await self._client.connect(
                    self._url,
                    name=self._name,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.2,  # type: ignore[arg-type]  # any number of seconds works
                    ping_interval=5,
                    max_outstanding_pings=2,
                    error_cb=trouble,
                )
                for subject, heard in self._hear.items():
                    await self._client.subscribe(subject, cb=heard)
            except (TimeoutError, OSError, nats.errors.Error) as why:
                log.debug("broker_not_reached", line=self._name, shard=self._shard, why=type(why).__name__)
            except Exception:  # as for presses: it may be mended meanwhile
                log.exception("broker_not_reached", line=self._name, shard=self._shard)
            else:
                return
            with contextlib.suppress(Exception):
                await self._client.close()
            await asyncio.sleep(AGAIN_S)
