"""One message of a sensor: from bytes to a reading of a closed type that follows the one before, or a refusal.

Unlike a press, a reading that makes no sense is dropped: nothing of it is kept, only that it came and which rule
refused it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from necmergitur.governance.constants import (
    BOOT_AHEAD_MAX_S,
    INTEGER_MAX,
    READING_BYTES_MAX,
    READING_MINUTES_OFF_MAX,
    STATUS_BYTES_MAX,
)
from necmergitur.governance.modalities import MODALITIES
from necmergitur.kernel.refusal import Refusal

_Natural = Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
_Short = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[A-Za-z0-9._/ -]*$")]


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device says of itself. `zone_id`: where it believes to be, if it knows."""

    payload_schema: _Short
    rate_per_minute: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)]
    firmware: _Short
    runs: bool
    zone_id: _Short | None = None


class Reading(msgspec.Struct, frozen=True):
    """One reading as sent. (boot_id, seq) only grows: a device that starts anew says so by a larger `boot_id`."""

    boot_id: int
    seq: int
    payload: msgspec.Struct
    minute: int | None  # the minute it speaks of, None for a payload that names none


class Place(msgspec.Struct, frozen=True):
    """Where a stream stands: the last reading that was taken."""

    boot_id: int
    seq: int
    minute: int | None


# One pass over the bytes: what stands around a payload, and the payload's own closed type in it.
_DECODERS: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(
        msgspec.defstruct(
            "Envelope",
            [("boot_id", _Natural), ("seq", _Natural), ("values", modality.payload)],
            frozen=True,
            forbid_unknown_fields=True,
        )
    )
    for name, modality in MODALITIES.items()
}
_STATUS = msgspec.json.Decoder(Status)


def parse(modality: str, body: bytes) -> Reading | Refusal:
    """Read one message. The size is judged before anything is parsed."""
    decoder = _DECODERS.get(modality)
    if decoder is None:
        return Refusal(rule="modality_without_type", owner="gate", facts={"modality": modality[:40]})
    if len(body) > READING_BYTES_MAX:
        return Refusal(rule="reading_too_large", owner="gate", facts={"bytes": str(READING_BYTES_MAX)})
    try:
        read = decoder.decode(body)
    except msgspec.ValidationError:
        return Refusal(rule="reading_not_of_its_type", owner="gate")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal(rule="reading_unreadable", owner="gate")
    return Reading(read.boot_id, read.seq, read.values, getattr(read.values, "minute", None))


def parse_status(body: bytes) -> Status | Refusal:
    """Read what a device says of itself."""
    if len(body) > STATUS_BYTES_MAX:
        return Refusal(rule="status_too_large", owner="gate", facts={"bytes": str(STATUS_BYTES_MAX)})
    try:
        return _STATUS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal(rule="status_unreadable", owner="gate")


def follows(last: Place | None, reading: Reading, now: datetime) -> Refusal | None:
    """Return why a reading cannot be the next of its stream, None when it can.

    Two devices with one key show by their boots; a clock set back, or a recording played again, by the minute.
    """
    now_s = now.timestamp()
    if reading.boot_id > now_s + BOOT_AHEAD_MAX_S:  # it would shut out every later boot of the true device
        return Refusal(rule="boot_from_the_future", owner="gate")
    minute = reading.minute
    if minute is not None and abs(now_s / 60 - minute) > READING_MINUTES_OFF_MAX:
        return Refusal(rule="reading_not_of_now", owner="gate")
    if last is None:
        return None
    if reading.boot_id < last.boot_id:
        return Refusal(rule="reading_of_an_older_boot", owner="gate")
    if reading.boot_id == last.boot_id and reading.seq <= last.seq:
        return Refusal(rule="reading_replayed", owner="gate")
    if minute is not None and last.minute is not None and minute < last.minute:
        return Refusal(rule="reading_out_of_order", owner="gate")
    return None


def place_of(reading: Reading) -> Place:
    """Return where a stream stands after a reading."""
    return Place(reading.boot_id, reading.seq, reading.minute)
