"""Look for secrets in everything an installation wrote: byte by byte, plain, in hexadecimal and in base64."""

import base64
import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

PREFIX = 8  # bytes by which a needle is looked for before it is compared whole
# Six digits in base64 stand in other things too (a post is called b-004021, and its certificate says so).
BASE64_MIN = 12
_PAIRS = 1 << 16


class Found(msgspec.Struct, frozen=True):
    """A needle in a haystack: which, where."""

    needle: int
    file: str
    at: int


class Needles:
    """What is looked for, in every form it may have been written in."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """Prepare. Each of `secrets` has eight bytes or more. Raises ValueError for a shorter one."""
        if any(len(secret) < PREFIX for secret in secrets):
            raise ValueError(f"what is looked for has {PREFIX} bytes or more")
        forms = [(number, form) for number, secret in enumerate(secrets) for form in forms_of(secret)]
        self._forms = forms
        heads = np.frombuffer(b"".join(form[:PREFIX] for _, form in forms), dtype=">u8").astype(np.uint64)
        self._order = np.argsort(heads, kind="stable")
        self._heads = heads[self._order]
        self._pairs = np.zeros(_PAIRS, dtype=bool)
        self._pairs[(self._heads >> np.uint64(48)).astype(np.int64)] = True

    def in_bytes(self, hay: bytes, file: str) -> Iterator[Found]:
        """Find them in bytes."""
        return self._in(np.frombuffer(hay, dtype=np.uint8), hay, file)

    def in_file(self, path: Path) -> Iterator[Found]:
        """Find them in a file of any size."""
        if path.stat().st_size < PREFIX:
            return
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as hay:
            bytes_ = np.frombuffer(hay, dtype=np.uint8)
            yield from list(self._in(bytes_, hay, str(path)))
            del bytes_  # the map is closed only once nobody looks at it

    def _in(self, hay: NDArray[np.uint8], raw: bytes | mmap.mmap, file: str) -> Iterator[Found]:
        if len(hay) < PREFIX:
            return
        pairs = (hay[:-1].astype(np.int64) << 8) | hay[1:]
        maybe = np.flatnonzero(self._pairs[pairs[: len(hay) - PREFIX + 1]])
        values = np.zeros(len(maybe), dtype=np.uint64)
        for offset in range(PREFIX):
            values = (values << np.uint64(8)) | hay[maybe + offset].astype(np.uint64)
        left = np.searchsorted(self._heads, values, side="left")
        right = np.searchsorted(self._heads, values, side="right")
        for place in np.flatnonzero(left < right):
            at = int(maybe[place])
            for index in self._order[left[place] : right[place]]:
                number, form = self._forms[int(index)]
                if raw[at : at + len(form)] == form:
                    yield Found(number, file, at)


def forms_of(secret: bytes) -> list[bytes]:
    """Return the bytes, their hexadecimal, and what of their base64 does not depend on what is beside them."""
    forms = [secret, secret.hex().encode(), secret.hex().upper().encode()]
    for skip in range(3):
        # What stands before fills the first group; a last group that is not whole depends on what follows.
        text = base64.b64encode(b"\x00" * skip + secret)[4 * (skip > 0) :].rstrip(b"=")
        text = text[: len(text) // 4 * 4]
        if len(text) >= BASE64_MIN:
            forms += [text, text.replace(b"+", b"-").replace(b"/", b"_")]
    return list(dict.fromkeys(forms))
