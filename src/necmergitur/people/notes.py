"""What is said of a person looked for, and what of it counts.

The status is the word of the highest assurance, then the newest. What is hidden, flagged or expired never counts, and
"dead" counts only once a second authorised person agreed; it is published only once the family was told.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum

import msgspec

from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal


class Assurance(IntEnum):
    """How sure it is who says so. Numbers are stored: never change one."""

    PUBLIC = 1
    RELATIVE = 2  # the author of the notice, whom the desk has called back
    OFFICIAL = 3  # a hospital, the prefecture's desk
    SELF = 4  # the person, by a link that went to their own number or address


class Status(IntEnum):
    """PFIF's statuses. Numbers are stored: never change one."""

    NONE = 0
    SOUGHT = 1
    AUTHOR = 2
    ALIVE = 3
    MISSING = 4
    DEAD = 5


PFIF_STATUS: Mapping[str, Status] = {
    "": Status.NONE,
    "information_sought": Status.SOUGHT,
    "is_note_author": Status.AUTHOR,
    "believed_alive": Status.ALIVE,
    "believed_missing": Status.MISSING,
    "believed_dead": Status.DEAD,
}
FOUND = frozenset({Status.AUTHOR, Status.ALIVE})


class Hidden(IntEnum):
    """Why something is not shown. Numbers are stored: never change one."""

    SHOWN = 0
    AUTHOR = 1  # its author took it back
    DESK = 2
    NOT_TO_BE_FOUND = 3  # the person does not want to be found
    WAITS = 4  # first words of somebody nobody knows: the desk reads them before anybody else
    DOUBTED = 5  # looks made up: nothing comes of it before the desk has read it


# Who tends notices, and who may say that somebody died: two of these.
MAY_TEND = ("liaison", "operator", "lead", "duty_officer")
MAY_SAY_DEAD = ("liaison", "lead", "duty_officer")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A note as it counts: what is stored of it beside its words."""

    id: bytes
    person: bytes
    status: Status
    assurance: Assurance
    source_at: datetime
    entered_at: datetime
    expires_at: datetime | None = None
    hidden: Hidden = Hidden.SHOWN
    flagged_at: datetime | None = None
    by: int | None = None
    agreed_by: int | None = None
    family_told_at: datetime | None = None


def counts(note: Kept, now: datetime) -> bool:
    """Return whether a note counts at all."""
    if note.hidden or note.flagged_at is not None or (note.expires_at is not None and note.expires_at <= now):
        return False
    return note.status is not Status.DEAD or (note.assurance is Assurance.OFFICIAL and note.agreed_by is not None)


def public(note: Kept, now: datetime) -> bool:
    """Return whether a note may be shown or sent to anybody: a death never before the family knows."""
    return counts(note, now) and (note.status is not Status.DEAD or note.family_told_at is not None)


def verdict(notes: Iterable[Kept], now: datetime, *, told_only: bool) -> Kept | None:
    """Return the note that says how the person is, None while nobody said anything that counts.

    `told_only`: as everybody may know it. Instants ahead of now count as now: nobody stays the newest by a wrong clock.
    """
    speak = public if told_only else counts
    counted = [note for note in notes if note.status is not Status.NONE and speak(note, now)]
    return max(counted, key=lambda note: (note.assurance, min(note.source_at, now), note.entered_at), default=None)


def conflicts(notes: Iterable[Kept], now: datetime) -> bool:
    """Return whether words that count contradict each other: found, looked for, dead."""
    kinds = {
        "found" if note.status in FOUND else "dead" if note.status is Status.DEAD else "sought"
        for note in notes
        if note.status is not Status.NONE and counts(note, now)
    }
    return len(kinds - {"sought"}) > 1 or ("found" in kinds and "sought" in kinds)


def may_say_dead(by: Who) -> Refusal | None:
    """Return why somebody may not say that a person died."""
    return None if by.role in MAY_SAY_DEAD else Refusal(rule="death_not_yours", owner="gate")


def agree(note: Kept, by: Who) -> Refusal | None:
    """Return why somebody may not be the second pair of eyes."""
    if note.status is not Status.DEAD:
        return Refusal(rule="death_not_said")
    if note.agreed_by is not None:
        return Refusal(rule="death_agreed")
    if note.by is None or by.id == note.by:
        return Refusal(rule="death_two_people", owner="gate")
    return may_say_dead(by)


def tend(by: Who) -> Refusal | None:
    """Return why somebody may not tend notices."""
    return None if by.role in MAY_TEND else Refusal(rule="notice_not_yours", owner="gate")


def same_person(links: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return, for each linked record, the one that stands for its circle. A circle of links is a circle, no loop."""
    stands: dict[bytes, bytes] = {}

    def root(one: bytes) -> bytes:
        seen = [one]
        while stands.get(seen[-1], seen[-1]) != seen[-1]:
            seen.append(stands[seen[-1]])
        for each in seen:
            stands[each] = seen[-1]
        return seen[-1]

    for left, right in links:
        first, second = sorted((root(left), root(right)))
        stands[second] = first
    return {one: root(one) for one in list(stands)}
