"""What the engine is made of. `app.wiring` builds it; tests may too."""

from dataclasses import dataclass, field
from pathlib import Path

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.spool import Spool
from necmergitur.dispatch.tokens import Signer, Verifier
from necmergitur.governance.signing import Verify
from necmergitur.kernel.clock import Clock
from necmergitur.operations.intake import Ground, Received


@dataclass(frozen=True)
class EngineParts:
    """Adapters and settings the engine works with."""

    store: PostgresStore
    database_url: str
    nats_urls: tuple[str, ...]
    clock: Clock
    signer: Signer
    verifier: Verifier
    ground: Ground
    pin_key: bytes
    home: Path
    verify: Verify  # one assertion of a passkey under a paper
    dc09_host: str = "127.0.0.1"
    dc09_port: int = 0
    spool: Spool[Received] = field(init=False)

    def __post_init__(self) -> None:
        """Give the engine its own spool file."""
        object.__setattr__(self, "spool", Spool(self.home / "spool" / "engine.jsonl", Received))
