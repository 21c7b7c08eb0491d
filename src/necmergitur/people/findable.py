"""What can be found of a person, what is asked about one, and who may match: the words the finder speaks."""

from datetime import date
from typing import Literal

import msgspec

from necmergitur.people.constants import FOUND_MAX

Sex = Literal["", "f", "m"]  # "" is also said of anybody who is neither: it weighs nothing
# Who asks. "desk": agents, hospitals, and the matching of a message to its person; "public": listed appeals only.
Scope = Literal["desk", "public"]
LISTED = "listed"  # its author chose that everybody may read it
DO_NOT_FIND = "do_not_find"  # beats everything: never found by the public, shown as such to the desk
HIDDEN = "hidden"  # flagged, quarantined or in dispute: the desk's alone


class Findable(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record as it can be found. Names: each way it is written, in any script, given name and surname together.

    `kind` says whose row `id` names ("checkin", "person"). What is not known stays empty and weighs nothing.
    `flags`: LISTED, DO_NOT_FIND, HIDDEN, and whatever the desk wants handed back ("minor", "canary").
    """

    kind: str
    id: bytes
    names: tuple[str, ...]
    age: int | None = None
    born: date | None = None
    sex: Sex = ""
    place: str = ""
    words: str = ""
    flags: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked about one person. `kinds`: of which rows, all of them when empty; `names` as in Findable."""

    names: tuple[str, ...]
    age: int | None = None
    born: date | None = None
    sex: Sex = ""
    place: str = ""
    words: str = ""
    kinds: tuple[str, ...] = ()
    scope: Scope = "desk"
    limit: int = FOUND_MAX


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record that may be the person, best first. `score`: 0 to 1, comparable within one answer; `why`: what agrees.

    Words of `why`: name_same, name_near, name_sounds_alike, name_swapped_or_joined, nickname, initial, born_same,
    born_near, age_near, sex_same, place_near, words_shared.
    """

    kind: str
    id: bytes
    score: float
    why: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
