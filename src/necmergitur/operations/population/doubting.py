"""Notices that look made up: very many of one author, or the same words or the same picture under another name.

Nothing is refused and nothing is said: the notice is held back until the desk has read it, and no question comes of it
before. What is compared are keyed digests and counts, which die with the crisis.
"""

from datetime import datetime
from typing import Any

from necmergitur.operations.population.checkins import Sealer
from necmergitur.people.constants import (
    DECLARED_BY_ONE_MAX,
    SAME_PICTURE_MAX,
    SAME_WORDS_MAX,
    WORDS_COMPARED_FROM,
)
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Hidden
from necmergitur.people.notices import Notice

HELD_BY_PEOPLE = (Hidden.AUTHOR, Hidden.DESK, Hidden.NOT_TO_BE_FOUND)


def notice(tx: Any, crisis: Crisis, key: Sealer, row_id: bytes, said: Notice, now: datetime) -> bool:
    """Count a notice that was just declared; hold it back when it looks made up. Returns whether it is."""
    since = crisis.opened_at or now
    doubtful = False
    if said.contact is not None:
        author = key.lookup(said.contact.kind, said.contact.written)
        doubtful = tx.count_pace(crisis.id, "author", author, since) > DECLARED_BY_ONE_MAX
    words = " ".join(said.person.description.casefold().split())
    if len(words) >= WORDS_COMPARED_FROM:
        doubtful |= tx.count_pace(crisis.id, "words", key.digest(f"words|{words}".encode()), since) > SAME_WORDS_MAX
    return doubtful and _hold(tx, crisis, row_id, now)


def picture(tx: Any, crisis: Crisis, key: Sealer, row_id: bytes, raw: bytes, now: datetime) -> bool:
    """The same for a picture as it was sent: one file on several notices. No two faces are ever compared."""
    since, digest = crisis.opened_at or now, key.digest(b"picture|" + raw)
    if tx.count_pace(crisis.id, "picture_of", key.digest(digest + row_id), since) > 1:
        return False  # the same again on the same notice
    return tx.count_pace(crisis.id, "picture", digest, since) > SAME_PICTURE_MAX and _hold(tx, crisis, row_id, now)


def _hold(tx: Any, crisis: Crisis, row_id: bytes, now: datetime) -> bool:
    row = tx.person(crisis.id, row_id)
    if row is None or row.hidden in HELD_BY_PEOPLE or row.verified_by is not None:
        return False
    return bool(tx.change_person(crisis.id, row_id, {"hidden": Hidden.DOUBTED}, now))
