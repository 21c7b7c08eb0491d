"""Reading a street graph from text: `N M ...`, N lines `lat lon`, M lines `from to direction seconds metres`.

The format is that of the Google Hash Code 2014 street problem; direction is 1 (one way) or 2 (both ways).
"""

import math
from pathlib import Path

import msgspec

from necmergitur.adapters.citydata.constants import MAX_LINE_CHARS, MAX_STREETS_BYTES
from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.files import read_bounded
from necmergitur.kernel.geo import Position
from necmergitur.territory.constants import MAX_JUNCTIONS, MAX_STREET_M, MAX_STREETS
from necmergitur.territory.model import Street, StreetNetwork

_ONE_WAY = 1
_BOTH_WAYS = 2


class StreetFile(msgspec.Struct, frozen=True):
    """A network as read; `first_street_line` is the line (1-based) of street 0, one street a line."""

    network: StreetNetwork
    first_street_line: int


def read_streets(path: Path) -> StreetFile:
    """Return the street graph of a file. Raises CityDataError naming the line."""
    file = str(path)
    try:
        lines = read_bounded(path, MAX_STREETS_BYTES).decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise CityDataError(file, f"not a text file: byte {error.start} is not ASCII") from error
    junction_count, street_count = _header(file, lines[0])
    expected = 1 + junction_count + street_count
    surplus = next((i for i, line in enumerate(lines[expected:], expected) if line.strip()), None)
    if len(lines) < expected:
        reason = f"ends after {len(lines)} lines; its header announces {expected}"
        raise CityDataError(file, reason, line=len(lines))
    if surplus is not None:
        reason = f"goes on after the {expected} lines its header announces"
        raise CityDataError(file, reason, line=surplus + 1)
    junctions = tuple(_junction(file, lines[i], i + 1) for i in range(1, 1 + junction_count))
    first = 1 + junction_count
    streets = tuple(_street(file, lines[i], i + 1, junction_count) for i in range(first, expected))
    return StreetFile(StreetNetwork(junctions, streets), first + 1)


def _header(file: str, line: str) -> tuple[int, int]:
    numbers = _numbers(file, line, 1, 2)
    junctions, streets = numbers[0], numbers[1]
    if not (junctions.is_integer() and 0 < junctions <= MAX_JUNCTIONS):
        raise CityDataError(file, f"announces {junctions:g} junctions: 1 to {MAX_JUNCTIONS}", line=1)
    if not (streets.is_integer() and 0 < streets <= MAX_STREETS):
        raise CityDataError(file, f"announces {streets:g} streets: 1 to {MAX_STREETS}", line=1)
    return int(junctions), int(streets)


def _junction(file: str, line: str, number: int) -> Position:
    lat, lon = _numbers(file, line, number, 2)[:2]
    try:
        return Position(lon, lat)
    except ValueError as error:
        reason = f"junction at lat {lat}, lon {lon} is not on Earth (latitude comes first)"
        raise CityDataError(file, reason, line=number) from error


def _street(file: str, line: str, number: int, junctions: int) -> Street:
    start, end, direction, seconds, metres = _numbers(file, line, number, 5)[:5]
    if not (start.is_integer() and end.is_integer() and 0 <= min(start, end) <= max(start, end) < junctions):
        reason = f"joins junctions {start:g} and {end:g}; there are {junctions}, from 0"
        raise CityDataError(file, reason, line=number)
    if direction not in (_ONE_WAY, _BOTH_WAYS):
        raise CityDataError(file, f"direction {direction:g}: 1 (one way) or 2 (both ways)", line=number)
    if not 0 < metres <= MAX_STREET_M or seconds < 0:
        reason = f"{metres:g} m in {seconds:g} s: a street is 0 to {MAX_STREET_M:g} m long, its time positive"
        raise CityDataError(file, reason, line=number)
    return Street(int(start), int(end), metres, seconds, direction == _BOTH_WAYS)


def _numbers(file: str, line: str, number: int, least: int) -> list[float]:
    if len(line) > MAX_LINE_CHARS:
        raise CityDataError(file, f"a line of {len(line)} characters: at most {MAX_LINE_CHARS}", line=number)
    try:
        values = [float(word) for word in line.split()]
    except ValueError as error:
        raise CityDataError(file, f"not numbers: {line[:60]!r}", line=number) from error
    if len(values) < least or not all(map(math.isfinite, values)):
        raise CityDataError(file, f"{least} finite numbers are needed: {line[:60]!r}", line=number)
    return values
