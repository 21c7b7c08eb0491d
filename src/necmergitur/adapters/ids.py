"""UUIDv7 (RFC 9562): sortable by time, so indexes stay compact."""

import os
import time
from uuid import UUID


class SystemIds:
    """`kernel.ids.IdSource` over the machine's clock and randomness."""

    def new(self) -> UUID:
        """Return a new UUIDv7: 48 bits of milliseconds, 74 bits of randomness."""
        millis = time.time_ns() // 1_000_000
        value = (millis & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10), "big")
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        return UUID(int=value)
