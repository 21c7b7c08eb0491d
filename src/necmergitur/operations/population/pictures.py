"""Pictures of people looked for: pixels alone, sealed, shown in listed appeals and to the desk, every look kept.

No face is ever recognised: nothing here compares pictures.
"""

from datetime import datetime
from typing import Protocol

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.observing import ImageCleaner
from necmergitur.operations.population import doubting, missing
from necmergitur.operations.population.checkins import Sealer
from necmergitur.operations.population.missing_ports import PersonRow, Registry
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Hidden

PICTURE_BYTES_MAX = 8_000_000  # ours: what a telephone's camera makes
_BOUND = b"picture"


class Cleaner(ImageCleaner, Protocol):
    """Re-encodes an image without its metadata."""


def put(
    store: Registry, crisis: Crisis, key: Sealer, cleaner: Cleaner, link: bytes, raw: bytes, salt: bytes, now: datetime
) -> bool | Refusal:
    """Attach a picture to one's own notice, in place of the one before. What is no image, or a bomb, is refused."""
    if not crisis.offers("find", now):
        return Refusal(rule="crisis_closed")
    if len(raw) > PICTURE_BYTES_MAX:
        return Refusal(rule="still_too_large")
    cleaned = cleaner.clean(raw)
    if isinstance(cleaned, Refusal):
        return cleaned
    row_id = key.row_of(link)
    with store.transaction() as tx:
        # The picture is new to everybody: an appeal that is listed waits for the desk again.
        row: PersonRow | None = tx.person(crisis.id, row_id)
        if row is None:
            return Refusal(rule="notice_unknown")
        sealed = key.seal(salt, cleaned[0], _BOUND + row_id)
        if not tx.put_picture(crisis.id, row_id, salt, sealed, now):
            return Refusal(rule="notice_unknown")
        if row.listed and not row.hidden:
            tx.change_person(crisis.id, row_id, {"hidden": Hidden.WAITS}, now)
        doubting.picture(tx, crisis, key, row_id, raw, now)
    return True


def view(
    store: Registry, crisis: Crisis, key: Sealer, person_id: bytes, who: str, now: datetime, *, desk: bool = False
) -> bytes | None:
    """Return a picture as JPEG and keep who looked (`who`: a network or an account, kept as a keyed digest).

    None for what is not listed, exactly as for what is not there; `desk`: whatever is listed.
    """
    if not crisis.kept(now):
        return None
    with store.transaction() as tx:
        row: PersonRow | None = tx.person(crisis.id, person_id)
        if row is None or not (desk or missing.listed(row, now)):
            return None
        found = tx.picture(crisis.id, person_id)
        if found is None:
            return None
        tx.look_at_picture(crisis.id, person_id, key.lookup("who", who), now)
    return key.unseal(found[0], found[1], _BOUND + person_id)
