"""What the live process is made of. `app.wiring` builds it."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.kernel.clock import Clock
from necmergitur.operations.intake import Ground

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class LiveParts:
    """Adapters and settings of the live process."""

    store: PostgresStore
    database_url: str
    nats_urls: tuple[str, ...]
    clock: Clock
    ground: Ground
    pin_key: bytes
    home: Path
    uplink_token: str = ""
    log_secret: bytes = b""
    region: str = "FR"
    checkins_per_s: float = 20.0
    work_secret: bytes = b""
    sms_token: str = ""
