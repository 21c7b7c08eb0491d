"""Read PFIF 1.1 to 1.4, in streaming, under hard bounds: bytes, depth, records, length; no document type, no entity.

What comes out are plain fields named as in 1.4; `people.records` judges them. What is no field of PFIF is left out.
"""

import io
import xml.sax
from typing import Any
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import RECORD_TEXT_MAX
from necmergitur.people.records import NOTE_FIELDS, PERSON_FIELDS

BYTES_MAX = 8_000_000  # ours: ten thousand records at their usual length
RECORDS_MAX = 10_000  # ours: a whole city's hospitals on the worst night, several times
DEPTH_MAX = 8  # ours: an Atom feed holds a field four deep, a record file three
NAMESPACES = {f"http://zesty.ca/pfif/{version}" for version in ("1.1", "1.2", "1.3", "1.4")}
# Names that fields had before 1.4.
RENAMED = {
    "first_name": "given_name",
    "last_name": "family_name",
    "home_zip": "home_postal_code",
    "found": "author_made_contact",
    "other": "description",
}
_FIELDS = {"person": frozenset(PERSON_FIELDS), "note": frozenset(NOTE_FIELDS)}
_DESCRIPTION = "description:"  # how `other` holds a description in 1.1 to 1.3

Fields = dict[str, str]


class Document:
    """What a file holds: persons, then notes, each as fields; and how many elements were no part of PFIF."""

    def __init__(self) -> None:
        """Begin empty."""
        self.persons: list[Fields] = []
        self.notes: list[Fields] = []
        self.unknown = 0


class _TooMuch(Exception):
    """A bound was passed; the message is the rule."""


def read(raw: bytes) -> Document | Refusal:
    """Read a file or a feed. Whatever is wrong with it as a whole is one refusal, and nothing of it is kept."""
    if len(raw) > BYTES_MAX:
        return Refusal(rule="pfif_too_long", facts={"bytes_max": str(BYTES_MAX)})
    document = Document()
    parser: Any = create_parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, 1)
    parser.setContentHandler(_Handler(document))
    try:
        parser.parse(io.BytesIO(raw))
    except _TooMuch as much:
        return Refusal(rule=str(much))
    except DefusedXmlException:
        return Refusal(rule="pfif_forbidden", detail="A document type or an entity has no place in PFIF.")
    except (xml.sax.SAXException, ValueError, LookupError) as wrong:
        return Refusal(rule="pfif_unreadable", detail=str(wrong)[:200])
    if not document.persons and not document.notes and not _is_empty(raw):
        return Refusal(rule="pfif_unreadable", detail="There is no PFIF in it.")
    return document


def _is_empty(raw: bytes) -> bool:
    """Return whether a file that holds no record names the standard at least."""
    return any(name.encode() in raw for name in NAMESPACES)


class _Handler(ContentHandler):
    """Gathers records; holds one at a time."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._depth = 0
        self._person: Fields | None = None
        self._note: Fields | None = None
        self._enclosed: list[Fields] = []
        self._field: tuple[Fields, str, str] | None = None
        self._text: list[str] = []
        self._length = 0

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802, ARG002
        """Enter an element."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _TooMuch("pfif_too_deep")
        space, local = name
        if space not in NAMESPACES:
            return
        if local == "person" and self._person is None and self._note is None:
            self._person, self._enclosed = {}, []
        elif local == "note" and self._note is None:
            self._note = {}
        elif self._record is not None and self._field is None:
            record, kind = self._record
            field = RENAMED.get(local, local)
            if field in _FIELDS[kind]:
                self._field, self._text, self._length = (record, field, local), [], 0
            else:
                self._document.unknown += 1

    @property
    def _record(self) -> tuple[Fields, str] | None:
        if self._note is not None:
            return self._note, "note"
        return None if self._person is None else (self._person, "person")

    def characters(self, content: str) -> None:
        """Gather a field's text; beyond what is kept of it, the rest is passed over."""
        if self._field is not None and self._length < 2 * RECORD_TEXT_MAX:
            self._text.append(content)
            self._length += len(content)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802, ARG002
        """Leave an element."""
        self._depth -= 1
        space, local = name
        if space not in NAMESPACES:
            return
        if self._field is not None and local == self._field[2]:
            record, field, written = self._field
            text = "".join(self._text).strip()
            if written == "other" and text.startswith(_DESCRIPTION):
                text = text[len(_DESCRIPTION) :].strip()
            record.setdefault(field, text)
            self._field = None
        elif local == "note" and self._note is not None:
            self._keep(self._document.notes, self._note)
            if self._person is not None:
                self._enclosed.append(self._note)
            self._note = None
        elif local == "person" and self._person is not None and self._note is None:
            self._keep(self._document.persons, self._person)
            number = self._person.get("person_record_id", "")
            for note in self._enclosed:
                note["person_record_id"] = number
            self._person = None

    def _keep(self, records: list[Fields], record: Fields) -> None:
        if len(self._document.persons) + len(self._document.notes) >= RECORDS_MAX:
            raise _TooMuch("pfif_too_many")
        records.append(record)
