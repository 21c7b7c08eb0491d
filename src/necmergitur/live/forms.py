"""Forms of "I'm safe" as browsers send them, and as programs do, brought to what is understood of them."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from necmergitur.operations.population.checkins import link_of, number_of
from necmergitur.people.checkins import STATUSES, URGENT, Channel, CheckIn, Form, read
from necmergitur.people.constants import TELL_MAX

ONCE_BYTES = 16
FIELDS_MAX = 32  # ours: twice what the page sends


class Wire(msgspec.Struct, frozen=True):
    """The JSON a program sends. `once`: 16 random bytes in base64url, kept for a repeat."""

    status: str
    name: str = ""
    contact: str = ""
    words: str = ""
    tell: list[str] = []
    language: str = "fr"
    once: str = ""
    work: str = ""
    lon: Any = None  # what is no place costs nobody their call
    lat: Any = None
    accuracy_m: Any = None

    @property
    def form(self) -> Form:
        """The fields alone."""
        return Form(self.name, self.status, self.contact, self.words, self.tell, self.language)


WIRE = msgspec.json.Decoder(Wire)


def form_of(body: bytes) -> tuple[bytes, Form, Mapping[str, str]] | None:
    """Read a form's number, its fields and all that was sent; None when it was not made by our page.

    Whoever asks for help is read whatever came with it.
    """
    try:
        fields = fields_of(body)
    except (UnicodeDecodeError, ValueError):
        fields = {"status": next((name for name in STATUSES if b"status=" + name.encode() in body), "")}
    once = link_of(fields.get("once", ""))
    if once is None:
        if STATUSES.get(fields.get("status", "")) not in URGENT:
            return None
        once = os.urandom(ONCE_BYTES)
    form = Form(
        name=fields.get("name", ""),
        status=fields.get("status", ""),
        contact=fields.get("contact", ""),
        words=fields.get("words", ""),
        tell=[fields.get(f"tell{n}", "") for n in range(1, TELL_MAX + 1)],
        language=fields.get("language", "fr")[:2],
    )
    return once, form, fields


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields of a form. Raises ValueError, UnicodeDecodeError."""
    pairs = body.split(b"&", FIELDS_MAX)
    if not body.isascii() or len(pairs) > FIELDS_MAX:  # no browser's
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    # As `parse_qsl` does, at half its price.
    fields = {}
    for pair in pairs:
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        if b"%" in pair:
            name, value = unquote_to_bytes(name), unquote_to_bytes(value)
        if pair:
            fields[name.decode(errors="replace")] = value.decode(errors="replace")
    return fields


def of_one(checkin: CheckIn) -> CheckIn:
    """Return the check-in under a number of its writer's own."""
    return msgspec.structs.replace(checkin, once=number_of(checkin.once, checkin.said.name))


def plain_form(body: bytes, region: str) -> CheckIn | None:
    """Read a form of somebody who asks for no help; None when anything about it wants a second look."""
    form = form_of(body)
    if form is None:
        return None
    once, fields, _sent = form
    checkin = read(fields, once, Channel.PAGE, region)
    return of_one(checkin) if isinstance(checkin, CheckIn) and checkin.status not in URGENT else None


def plain_json(body: bytes, region: str) -> CheckIn | None:
    """Read a program's check-in of somebody who asks for no help; None when anything about it wants a second look."""
    try:
        wire = WIRE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    once = link_of(wire.once) if wire.once else os.urandom(ONCE_BYTES)
    if once is None:
        return None
    checkin = read(wire.form, once, Channel.API, region)
    return checkin if isinstance(checkin, CheckIn) and checkin.status not in URGENT else None
