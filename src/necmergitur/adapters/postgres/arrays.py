"""Byte strings to PostgreSQL in few parameters: psycopg asks each element of a list how it is written (1 us each)."""

import struct
from collections.abc import Sequence

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

BYTEA_OID, BYTEA_ARRAY_OID = 17, 1001  # PostgreSQL's pg_type
# One dimension, no nulls, bytea, so many from 1 on; then each length and its bytes (PostgreSQL's array_send).
_HEAD = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i")


class Strings:
    """A `bytea[]` parameter, for a `%b` place."""

    def __init__(self, strings: Sequence[bytes]) -> None:
        """Keep the strings; none of them is null."""
        self.strings = strings


class StringsDumper(Dumper):
    """Writes them as PostgreSQL reads them."""

    format = Format.BINARY
    oid = BYTEA_ARRAY_OID

    def dump(self, obj: Strings) -> bytes:
        """Return the array's wire form."""
        parts = [_HEAD.pack(1, 0, BYTEA_OID, len(obj.strings), 1)]
        length = _LENGTH.pack
        for one in obj.strings:
            parts += (length(len(one)), one)
        return b"".join(parts)


psycopg.adapters.register_dumper(Strings, StringsDumper)
