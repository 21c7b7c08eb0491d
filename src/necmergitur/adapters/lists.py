"""Read a hospital's list: a table as spreadsheets save it (CSV, any usual separator), in French or in English.

What comes out are fields of PFIF, judged like any other record's. A list is a table of patients: one line each, and the
hospital's own number of each, so that the same list sent again changes nothing.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from necmergitur.kernel.refusal import Refusal

BYTES_MAX = 2_000_000  # ours: below what is ever written to a disk on its way in
LINES_MAX = 5_000  # ours: every hospital of a city on its worst night
CELL_MAX = 2_000  # ours: a description is a few sentences
# Names of columns, without accents, in lower case.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("number", "numero", "reference", "id", "ipp"), "number"),
        **dict.fromkeys(("given name", "first name", "prenom"), "given_name"),
        **dict.fromkeys(("family name", "last name", "surname", "nom de famille"), "family_name"),
        **dict.fromkeys(("name", "full name", "nom", "nom complet"), "full_name"),
        **dict.fromkeys(("other names", "autres noms"), "alternate_names"),
        **dict.fromkeys(("born", "date of birth", "ne le", "date de naissance"), "date_of_birth"),
        "age": "age",
        **dict.fromkeys(("sex", "sexe"), "sex"),
        **dict.fromkeys(("description", "signes", "clothes", "vetements"), "description"),
        **dict.fromkeys(("city", "ville"), "home_city"),
        **dict.fromkeys(("phone", "telephone", "tel"), "sought_phone"),
        **dict.fromkeys(("email", "e-mail", "courriel"), "sought_email"),
        **dict.fromkeys(("state", "etat", "status", "statut"), "status"),
        **dict.fromkeys(("words", "note", "service", "remarque"), "text"),
    }
)
SHEET = ("numéro", "nom de famille", "prénom", "né le", "sexe", "description", "téléphone", "état", "service")
SEXES = MappingProxyType({"f": "female", "m": "male", "h": "male", "femme": "female", "homme": "male"})
STATES = MappingProxyType(
    {
        "": "believed_alive",
        **dict.fromkeys(
            ("alive", "vivant", "vivante", "admis", "admise", "admitted", "sorti", "sortie"), "believed_alive"
        ),
        **dict.fromkeys(("dead", "mort", "morte", "decede", "decedee", "died"), "believed_dead"),
        **dict.fromkeys(("missing", "disparu", "disparue"), "believed_missing"),
    }
)
Fields = dict[str, str]


def read(raw: bytes, source: str, hospital: str, now: datetime) -> tuple[list[Fields], list[Fields]] | Refusal:
    """Return persons and notes of a list. `source`: the host under which the hospital's numbers are kept."""
    if len(raw) > BYTES_MAX:
        return Refusal(rule="list_too_long")
    text = _text(raw)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error:
        return Refusal(rule="list_unreadable")
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) > LINES_MAX + 1:
        return Refusal(rule="list_too_long")
    names = [COLUMNS.get(plain(cell), "") for cell in rows[0]] if rows else []
    if "number" not in names or not {"full_name", "family_name", "given_name"} & set(names):
        return Refusal(rule="list_without_names")
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    persons, notes = [], []
    for row in rows[1:]:
        said = {name: cell.strip()[:CELL_MAX] for name, cell in zip(names, row, strict=False) if name}
        number = "".join(said.pop("number", "").split())[:200]
        record = f"{source}/{number}"
        state = STATES.get(plain(said.pop("status", "")), "")
        words = said.pop("text", "")
        said["sex"] = SEXES.get(plain(said.get("sex", "")), "")
        said["date_of_birth"] = _born(said.get("date_of_birth", ""))
        meta = {"person_record_id": record, "source_name": hospital}  # no date: the same line again is the same
        persons.append(said | meta)
        notes.append(
            {
                "note_record_id": f"{record}.{state or 'note'}",
                "person_record_id": record,
                "author_name": hospital,
                "source_date": at,
                "entry_date": at,
                "status": state,
                "text": words or hospital,
            }
        )
    return persons, notes


def _text(raw: bytes) -> str:
    """Return a file as text: UTF-8, else what older spreadsheets of Western Europe write."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max((";", ",", "\t"), key=first.count)


def plain(text: str) -> str:
    """Return text without accents, in lower case, its spaces single."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return " ".join(bare.casefold().replace("_", " ").split())


def _born(text: str) -> str:
    """Return a date as PFIF writes it; what is none stays as it is, and is judged."""
    for form in ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    return text
