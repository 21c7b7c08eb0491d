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


class Contact(msgspec.Struct, frozen=True):
    """Where somebody is reached. `written`: E.164 for a phone, lower case and NFC for an e-mail address.

    A "push" is what a browser gave of its push service (`people.subscriptions`); nobody types one.
    """

    kind: Kind
    written: str


def read(text: str, region: str) -> Contact | Refusal:
    """Read a phone number or an e-mail address. `region`: whose numbers lack a prefix (ISO 3166-1, "FR")."""
    text = unicodedata.normalize("NFKC", text).strip()
    if "@" in text:
        return _email(text)
    if len(text) > PHONE_WRITTEN_MAX:
        return Refusal(rule="contact_unreadable")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Refusal(rule="contact_unreadable", detail="Neither a phone number nor an e-mail address.")
    if not phonenumbers.is_possible_number(number) or number.extension:
        return Refusal(rule="contact_unreadable", detail="This phone number is too short or too long.")
    return Contact("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(text: str) -> Contact | Refusal:
    local, _at, domain = unicodedata.normalize("NFC", text).rpartition("@")
    try:
        ascii_domain = domain.lower().encode("idna").decode()
    except UnicodeError:
        return Refusal(rule="contact_unreadable", detail="This e-mail address is not complete.")
    written = f"{local.lower()}@{ascii_domain}"
    if len(written) > EMAIL_MAX or not _EMAIL.fullmatch(written):
        return Refusal(rule="contact_unreadable", detail="This e-mail address is not complete.")
    return Contact("email", written)
