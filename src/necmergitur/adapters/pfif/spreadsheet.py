"""A hospital's or a desk's list: CSV with headings in French or English, or PFIF's own; read under hard bounds.

A row is a person, and a note when it says how they are. What comes out is judged like any record.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping

from necmergitur.adapters.pfif.reading import BYTES_MAX, RECORDS_MAX, Document, Fields
from necmergitur.kernel.refusal import Refusal
from necmergitur.people.constants import RECORD_TEXT_MAX
from necmergitur.people.records import NOTE_FIELDS, PERSON_FIELDS, STATUSES

COLUMNS_MAX = 60  # ours: every field of PFIF twice
DELIMITERS = ";,\t"
# Headings as lists carry them, folded: lower case, no accents, words by one space.
HEADINGS: Mapping[str, str] = {
    "numero": "person_record_id",
    "numero de dossier": "person_record_id",
    "identifiant": "person_record_id",
    "number": "person_record_id",
    "id": "person_record_id",
    "nom complet": "full_name",
    "name": "full_name",
    "full name": "full_name",
    "nom": "family_name",
    "nom de famille": "family_name",
    "surname": "family_name",
    "family name": "family_name",
    "prenom": "given_name",
    "prenoms": "given_name",
    "first name": "given_name",
    "given name": "given_name",
    "autres noms": "alternate_names",
    "other names": "alternate_names",
    "age": "age",
    "sexe": "sex",
    "sex": "sex",
    "date de naissance": "date_of_birth",
    "ne le": "date_of_birth",
    "date of birth": "date_of_birth",
    "ville": "home_city",
    "city": "home_city",
    "description": "description",
    "signalement": "description",
    "telephone": "sought_phone",
    "tel": "sought_phone",
    "phone": "sought_phone",
    "courriel": "sought_email",
    "e-mail": "sought_email",
    "email": "sought_email",
    "statut": "status",
    "etat": "status",
    "status": "status",
    "lieu": "last_known_location",
    "service": "last_known_location",
    "place": "last_known_location",
    "ward": "last_known_location",
    "remarque": "text",
    "remarques": "text",
    "note": "text",
    "notes": "text",
}
WORDS: Mapping[str, str] = {
    "vivant": "believed_alive",
    "vivante": "believed_alive",
    "en vie": "believed_alive",
    "hospitalise": "believed_alive",
    "hospitalisee": "believed_alive",
    "sorti": "believed_alive",
    "sortie": "believed_alive",
    "alive": "believed_alive",
    "admitted": "believed_alive",
    "discharged": "believed_alive",
    "disparu": "believed_missing",
    "disparue": "believed_missing",
    "recherche": "believed_missing",
    "missing": "believed_missing",
    "decede": "believed_dead",
    "decedee": "believed_dead",
    "dcd": "believed_dead",
    "dead": "believed_dead",
    "deceased": "believed_dead",
}
SEXES: Mapping[str, str] = {"f": "female", "femme": "female", "m": "male", "h": "male", "homme": "male"}
_OWN = ("sought_phone", "sought_email")


def read(raw: bytes, source: str) -> Document | Refusal:
    """Read a list. `source`: the domain under which its rows are numbered ("hospital.example.org").

    A row without a number is numbered by its place in the list: sent again unchanged, it is the same row.
    """
    if len(raw) > BYTES_MAX:
        return Refusal(rule="list_too_long", facts={"bytes_max": str(BYTES_MAX)})
    text = _decoded(raw)
    if text is None or "\x00" in text:
        return Refusal(rule="list_unreadable", detail="This is no text: save the sheet as CSV.")
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    document = Document()
    try:
        columns = [_heading(cell) for cell in next(rows, [])]
        if len(columns) > COLUMNS_MAX or not {"full_name", "given_name", "family_name"} & set(columns):
            return Refusal(rule="list_headings", detail="The first line names the columns; one of them is the name.")
        document.unknown = columns.count("")
        for place, cells in enumerate(rows, 2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(document.persons) >= RECORDS_MAX:
                return Refusal(rule="list_too_many", facts={"rows_max": str(RECORDS_MAX)})
            _row(document, dict(zip(columns, cells, strict=False)), source, place)
    except csv.Error as wrong:
        return Refusal(rule="list_unreadable", detail=str(wrong)[:200])
    return document


def _row(document: Document, said: dict[str, str], source: str, place: int) -> None:
    fields = {name: cell.strip()[: 2 * RECORD_TEXT_MAX] for name, cell in said.items() if name}
    number = fields.get("person_record_id") or f"row-{place}"
    number = number if "/" in number else f"{source}/{''.join(number.split())}"
    fields["person_record_id"] = number
    fields["sex"] = SEXES.get(_folded(fields.get("sex", "")), fields.get("sex", ""))
    fields["date_of_birth"] = _iso(fields.get("date_of_birth", ""))
    document.persons.append(_chosen(fields, (*PERSON_FIELDS, *_OWN)))
    status = _folded(fields.get("status", ""))
    status = status.replace(" ", "_") if status.replace(" ", "_") in STATUSES else WORDS.get(status, "")
    if status or fields.get("text") or fields.get("last_known_location"):
        domain, _, own = number.partition("/")
        note = fields | {"note_record_id": f"{domain}/note.{own}", "status": status}
        document.notes.append(_chosen(note, NOTE_FIELDS))


def _chosen(fields: Fields, names: tuple[str, ...]) -> Fields:
    return {name: fields[name] for name in names if fields.get(name)}


def _decoded(raw: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1252"):  # what spreadsheets write, in this order of likelihood
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _heading(cell: str) -> str:
    name = _folded(cell)
    field = name.replace(" ", "_")
    return field if field in (*PERSON_FIELDS, *NOTE_FIELDS, *_OWN) else HEADINGS.get(name, "")


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).replace("_", " ").split())


def _iso(text: str) -> str:
    """Return a French date as PFIF writes it; what is none stays as it was."""
    parts = text.replace(".", "/").replace("-", "/").split("/")
    if len(parts) == 3 and all(p.isascii() and p.isdigit() for p in parts) and len(parts[2]) == 4:  # noqa: PLR2004
        return f"{parts[2]}-{int(parts[1]):02}-{int(parts[0]):02}"
    return text
