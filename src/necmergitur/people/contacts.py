"""Phone numbers and e-mail addresses as people write them, brought to the one form by which they are found again."""

import re
import unicodedata
from typing import Literal

import msgspec
import phonenumbers

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import EMAIL_MAX, PHONE_WRITTEN_MAX

Kind = Literal["phone", "email", "push"]
# One at sign, no spaces, a dot in the domain: whether it arrives is what a mail server says, not a pattern.
_EMAIL = re.compile(r"[^@\s\x00-\x1f<>\"(),:;\[\]\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
# How nearly everybody here writes a number: the library reads it the same way (tested), in twenty times the time.
_PLAIN = {"FR": re.compile(r"(?:0|\+33)([1-9][0-9]{8})")}
_SPACED = {ord(char): None for char in " .-"}


class Contact(msgspec.Struct, frozen=True):
    """Where somebody is reached. `written`: E.164 for a phone, lower case and NFC for an e-mail address.

    A "push" is what a browser gave of its push service (`people.subscriptions`); nobody types one.
    """

    kind: Kind
    written: str


def read(text: str, region: str) -> Contact | Refusal:
    """Read a phone number or an e-mail address. `region`: whose numbers lack a prefix (ISO 3166-1, "FR")."""
    text = (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()
    if "@" in text:
        return _email(text)
    if len(text) > PHONE_WRITTEN_MAX:
        return Refusal(rule="contact_unreadable")
    plain = _PLAIN.get(region)
    found = None if plain is None else plain.fullmatch(text.translate(_SPACED))
    if found is not None:
        return Contact("phone", f"+33{found[1]}")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Refusal(rule="contact_unreadable", detail="Neither a phone number nor an e-mail address.")
    if not phonenumbers.is_possible_number(number) or number.extension:
        return Refusal(rule="contact_unreadable", detail="This phone number is too short or too long.")
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(text: str) -> Contact | Refusal:
    local, _at, domain = (text if text.isascii() else unicodedata.normalize("NFC", text)).rpartition("@")
    try:
        ascii_domain = domain.lower()
        if not domain.isascii():
            ascii_domain = ascii_domain.encode("idna").decode()
    except UnicodeError:
        return Refusal(rule="contact_unreadable", detail="This e-mail address is not complete.")
    written = f"{local.lower()}@{ascii_domain}"
    if len(written) > EMAIL_MAX or not _EMAIL.fullmatch(written):
        return Refusal(rule="contact_unreadable", detail="This e-mail address is not complete.")
    return Contact("email", written)
