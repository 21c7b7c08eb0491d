"""The rules of law, read from the files that come with the program."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from necmergitur import governance
from necmergitur.governance.law import Rule

FOLDER = Path(governance.__file__).with_name("law")


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule, in the order of its id. Raises ValueError, naming the file, on one that is malformed."""
    return read(FOLDER)


def read(folder: Path) -> tuple[Rule, ...]:
    """Read the rules of a folder."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        try:
            rule = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Rule)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
            raise ValueError(f"{path.name}: {wrong}") from wrong
        if rule.id != path.stem:
            raise ValueError(f"{path.name}: its id is {rule.id}")
        found.append(rule)
    return tuple(found)
