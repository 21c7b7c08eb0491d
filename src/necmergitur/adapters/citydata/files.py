"""Reading a file of bounded size, and JSON of bounded depth, before anything is parsed."""

import os
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from necmergitur.adapters.citydata.constants import MAX_JSON_DEPTH
from necmergitur.adapters.citydata.errors import CityDataError

# Possessive, and an unterminated string runs to the end: linear on any input.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return a regular file's bytes. Raises CityDataError when missing, not a file, empty or too large."""
    try:
        if not path.is_file():
            raise CityDataError(str(path), "there is no such file")
        with path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size > most_bytes:
                raise CityDataError(str(path), f"{size} bytes: at most {most_bytes}; nothing was read")
            content = opened.read(most_bytes + 1)
    except OSError as error:
        raise CityDataError(str(path), f"cannot be read: {error.strerror or error}") from error
    if len(content) > most_bytes:
        raise CityDataError(str(path), f"more than {most_bytes} bytes; nothing was parsed")
    if not content.strip():
        raise CityDataError(str(path), "the file is empty")
    return content


def parse_json(file: str, content: bytes) -> Any:
    """Return decoded JSON. Raises CityDataError when nested too deep or not JSON in UTF-8."""
    content = content.removeprefix(_BOM)
    depth = json_depth(content)
    if depth > MAX_JSON_DEPTH:
        raise CityDataError(file, f"JSON nested {depth} deep: at most {MAX_JSON_DEPTH}; nothing was parsed")
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        at = re.search(r"byte (\d+)", str(error))
        line = content.count(b"\n", 0, int(at.group(1))) + 1 if at else 0
        raise CityDataError(file, f"not readable as JSON: {error}", line=line) from error


def json_depth(content: bytes) -> int:
    """Return how deep brackets and braces nest, outside strings, without parsing. 0 for none."""
    bare = np.frombuffer(_STRING.sub(b"", content), dtype=np.uint8)
    opens = (bare == ord("[")) | (bare == ord("{"))
    closes = (bare == ord("]")) | (bare == ord("}"))
    if not opens.any():
        return 0
    return int(np.cumsum(opens.astype(np.int64) - closes.astype(np.int64)).max())
