"""Identifiers that are the same on every run of the same seed."""

import random
from uuid import UUID


class SeededIds:
    """`kernel.ids.IdSource`: UUIDv7 in form, a counter where the time would be, so they sort by age."""

    def __init__(self, seed: int) -> None:
        """Draw from `seed`."""
        self._chance = random.Random(seed)  # noqa: S311  names, not secrets
        self._count = 0

    def new(self) -> UUID:
        """Return an identifier never returned before by this source."""
        self._count += 1
        value = self._count << 80 | 0x7 << 76 | self._chance.getrandbits(12) << 64 | 0x2 << 62
        return UUID(int=value | self._chance.getrandbits(62))
