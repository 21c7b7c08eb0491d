"""The register of processing activities as files: CNIL's model as a spreadsheet (.ods) and .csv, and DPV as JSON-LD.

Sheets, sections and headings are those of CNIL's simplified model register (`registre-traitement-simplifie.ods`): its
list, and its record for each activity; the .csv has both in one row. They are in French, because that register is.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from odfdo import Document, Table

from necmergitur.governance import vocabulary
from necmergitur.governance.law import Rule
from necmergitur.governance.processing import Processing

SHEET_NAME_MAX = 31  # what spreadsheets still open
# A cell that begins so is read as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One activity with what its row says beside it. `words` puts codes in French."""

    id: UUID
    number: str
    created: date
    updated: date
    processing: Processing


Words = dict[str, str]
# The words of CNIL's `registre-traitement-simplifie.ods`, as they stand in its list of activities, ...
LIST_COLUMNS = (
    "Nom du traitement",
    "N° / RÉF",
    "Date de création de la fiche",
    "Dernière mise à jour de la fiche",
    "Finalité du traitement",
    "Données sensibles ? Oui/non",
)
# ... in the record of one activity: who, with the columns of an address, ...
ACTORS = ("Acteurs", "Nom", "Adresse", "Code Postal", "Ville", "Pays", "Téléphone", "Adresse mél")
# ... and its two lists of data, with the codes of ours that belong to each line.
DATA_LINES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "État civil, identité, données d'identification, images…",
        frozenset({"identity", "contact", "pseudonyms", "pictures", "sound"}),
    ),
    ("Vie personnelle (habitudes de vie, situation familiale, etc.)", frozenset()),
    (
        "Informations d'ordre économique et financier (revenus, situation financière, situation fiscale, etc.)",
        frozenset(),
    ),
    ("Données de connexion (adresse IP, logs, etc.)", frozenset({"access_records"})),
    ("Données de localisation (déplacements, données GPS, GSM, etc.)", frozenset({"location"})),
    ("Numéro de Sécurité Sociale (ou NIR)", frozenset()),
)
SENSITIVE_LINES: tuple[tuple[str, frozenset[str]], ...] = (
    ("Données révélant l'origine raciale ou ethnique", frozenset()),
    ("Données révélant les opinions politiques", frozenset()),
    ("Données révélant les convictions religieuses ou philosophiques", frozenset()),
    ("Données révélant l'appartenance syndicale", frozenset()),
    ("Données génétiques", frozenset()),
    (
        "Données biométriques aux fins d'identifier une personne physique de manière unique",
        frozenset({"biometric"}),
    ),
    ("Données concernant la santé", frozenset({"health"})),
    ("Données concernant la vie sexuelle ou l'orientation sexuelle", frozenset()),
    ("Données relatives à des condamnations pénales ou infractions", frozenset()),
)
# Counts say nothing of anybody: the model has no line for what is no personal data, so it gets one where there is some.
NOBODY = ("Données qui ne désignent personne", vocabulary.OF_NOBODY)
# What article 30 does not ask, and a city must be able to show: it stands after the model's own, under its own heading.
BEYOND = ("Base légale", "Textes applicables", "Début", "Fin")
COLUMNS = (
    *LIST_COLUMNS,
    "Responsable du traitement",
    "Responsable du traitement : coordonnées",
    "Délégué à la protection des données",
    "Responsable(s) conjoint(s)",
    "Finalité principale",
    "Sous-finalité 1",
    "Catégories de données personnelles concernées",
    "Données sensibles",
    "Durée de conservation",
    "Catégories de personnes concernées",
    "Destinataires",
    "Sous-traitants",
    "Mesures de sécurité techniques",
    "Mesures de sécurité organisationnelles",
    "Transferts hors UE",
    *BEYOND,
)


def columns_of(entry: Entry, rules: Sequence[Rule], words: Words) -> dict[str, str]:
    """Return an activity as the model's columns: its list's first, its record's headings next, what is ours last."""
    one = entry.processing
    titles = {rule.id: rule.title.fr for rule in rules}
    texts = [titles.get(name, name) for name in one.law] + ([_dated(one)] if one.legal_text else [])
    purpose = words.get(one.purpose, one.purpose)
    sensitive = [code for code in one.data if code in vocabulary.SENSITIVE]
    values = (
        one.name,
        entry.number,
        _day(entry.created),
        _day(entry.updated),
        purpose,
        "Oui" if sensitive else "Non",
        one.controller,
        one.controller_contact,
        one.officer,
        "; ".join(one.joint_controllers),
        purpose,
        one.objective,
        "; ".join(_named([code for code in one.data if code not in sensitive], words, one.data_words)),
        "; ".join(_named(sensitive, words)) or "Non",
        _kept(one),
        "; ".join(_named(one.people, words)),
        "; ".join(one.recipients),
        "; ".join(one.processors),
        one.security_technical,
        one.security_organisational,
        "; ".join(one.transfers) or "Non",
        words.get(one.legal_basis, one.legal_basis),
        "; ".join(texts),
        _day(one.starts),
        _day(one.ends),
    )
    return dict(zip(COLUMNS, values, strict=True))


def record_of(entry: Entry, rules: Sequence[Rule], words: Words) -> list[list[str]]:
    """Return the record of one activity, row by row, section by section as the model has them."""
    one, said = entry.processing, columns_of(entry, rules, words)

    def actor(role: str, name: str, contact: str = "") -> list[str]:
        address, mail = ("", contact) if "@" in contact else (contact, "")
        return [role, name, address, "", "", "", "", mail]

    def lines(known: Sequence[tuple[str, frozenset[str]]]) -> list[list[str]]:
        found = [(title, [code for code in one.data if code in codes]) for title, codes in known]
        return [[title, "; ".join(_named(mine, words)), _kept(one) if mine else ""] for title, mine in found]

    ordinary = lines((*DATA_LINES, NOBODY) if NOBODY[1] & set(one.data) else DATA_LINES)
    if one.data_words:
        ordinary.append(["Description des données", one.data_words, _kept(one)])
    told = [
        *([f"Destinataire {n}", "", who] for n, who in enumerate(one.recipients, 1)),
        *([f"Sous-traitant {n}", "Sous-traitants", who] for n, who in enumerate(one.processors, 1)),
    ]
    return [
        ["Modèle de fiche de registre", entry.number],
        ["Description du traitement"],
        ["Nom du traitement", one.name],
        ["N° / RÉF", entry.number],
        ["Date de création du traitement", _day(entry.created)],
        ["Mise à jour du traitement", _day(entry.updated)],
        [*ACTORS],
        actor("Responsable du traitement", one.controller, one.controller_contact),
        actor("Délégué à la protection des données", one.officer),
        actor("Représentant", ""),
        *(actor("Responsable(s) conjoint(s)", who) for who in one.joint_controllers or ("",)),
        ["Finalité(s) du traitement effectué"],
        ["Finalité principale", said["Finalité principale"]],
        ["Sous-finalité 1", one.objective],
        ["Catégories de données personnelles concernées", "Description", "Durée de conservation"],
        *ordinary,
        ["Données sensibles", "Description", "Durée de conservation"],
        *lines(SENSITIVE_LINES),
        ["Catégories de personnes concernées", "Description", "Précisions"],
        *([f"Catégorie {n}", who, ""] for n, who in enumerate(_named(one.people, words), 1)),
        ["Destinataires", "Type de destinataire", "Précisions"],
        *told,
        ["Mesures de sécurité", "Type", "Précisions"],
        ["Mesure 1", "Mesures techniques", one.security_technical],
        ["Mesure 2", "Mesures organisationnelles", one.security_organisational],
        ["Transferts hors UE", "Destinataire", "Pays", "Garanties", "Documentation"],
        *([f"Organisme {n}", *_transfer(line)] for n, line in enumerate(one.transfers or ("Aucun",), 1)),
        ["Au-delà du modèle"],
        *([name, said[name]] for name in BEYOND),
    ]


def as_csv(entries: Sequence[Entry], rules: Sequence[Rule], words: Words) -> bytes:
    """Return the register as .csv: UTF-8 with its mark, semicolons, as French spreadsheets open it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_inert(cell) for cell in columns_of(entry, rules, words).values()] for entry in entries)
    return out.getvalue().encode("utf-8-sig")


def as_ods(entries: Sequence[Entry], rules: Sequence[Rule], words: Words) -> bytes:
    """Return the register as a spreadsheet: the list, then a record for each activity, as CNIL's model has them."""
    document = Document("spreadsheet")
    document.body.clear()
    told = [columns_of(entry, rules, words) for entry in entries]
    listed = [list(LIST_COLUMNS), *([each[name] for name in LIST_COLUMNS] for each in told)]
    document.body.append(_sheet("Liste des traitements", listed))
    for entry in entries:
        document.body.append(_sheet(f"Fiche {entry.number}", record_of(entry, rules, words)))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_json_ld(entries: Sequence[Entry], rules: Sequence[Rule], base: str) -> bytes:
    """Return the register as DPV JSON-LD; `base` is the address under which its activities have theirs."""
    sources = {rule.id: rule for rule in rules}
    graph = [_node(entry, sources, base) for entry in entries]
    context = {
        "dpv": vocabulary.DPV,
        "pd": vocabulary.PD,
        "eu-gdpr": vocabulary.GDPR,
        "dct": "http://purl.org/dc/terms/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
    return msgspec.json.format(msgspec.json.encode({"@context": context, "@graph": graph}), indent=2)


def _node(entry: Entry, sources: dict[str, Rule], base: str) -> dict[str, object]:
    one = entry.processing

    def named(kind: str, names: Sequence[str]) -> list[dict[str, object]]:
        return [{"@type": f"dpv:{kind}", "dpv:hasName": name} for name in names if name]

    def terms(codes: Sequence[str], known: object) -> list[dict[str, str]]:
        return [{"@id": known[code]} for code in codes if code in known]  # type: ignore[index,operator]

    node: dict[str, object] = {
        "@id": f"{base}{entry.id}",
        "@type": "dpv:Process",
        "dct:title": one.name,
        "dct:description": one.objective,
        "dct:identifier": entry.number,
        "dct:created": {"@type": "xsd:date", "@value": entry.created.isoformat()},
        "dct:modified": {"@type": "xsd:date", "@value": entry.updated.isoformat()},
        "dpv:hasPurpose": terms((one.purpose,), vocabulary.PURPOSE),
        "dpv:hasLegalBasis": terms((one.legal_basis,), vocabulary.LEGAL_BASIS),
        "dpv:hasDataController": named("DataController", (one.controller,)),
        "dpv:hasDataProtectionOfficer": named("DataProtectionOfficer", (one.officer,)),
        "dpv:hasJointDataControllers": named("JointDataControllers", one.joint_controllers),
        "dpv:hasDataProcessor": named("DataProcessor", one.processors),
        "dpv:hasRecipient": named("Recipient", one.recipients),
        "dpv:hasDataSubject": terms(one.people, vocabulary.PEOPLE),
        "dpv:hasPersonalData": terms([code for code in one.data if code not in vocabulary.OF_NOBODY], vocabulary.DATA),
        # What is anonymous is data and no personal data (DPV: AnonymisedData is NonPersonalData).
        "dpv:hasData": terms([code for code in one.data if code in vocabulary.OF_NOBODY], vocabulary.DATA),
        "dpv:hasTechnicalMeasure": _measure("TechnicalMeasure", one.security_technical),
        "dpv:hasOrganisationalMeasure": _measure("OrganisationalMeasure", one.security_organisational),
        "dct:conformsTo": [_law(sources[name]) for name in one.law if name in sources] + _text(one),
    }
    if one.retention_days is not None:
        node["dpv:hasStorageCondition"] = {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": {"@type": "xsd:duration", "@value": f"P{one.retention_days}D"},
        }
    return {name: value for name, value in node.items() if value not in ([], "", None)}


def _law(rule: Rule) -> dict[str, object]:
    return {
        "@id": rule.url,
        "dct:title": rule.title.fr,
        "dct:source": rule.source,
        **_valid(rule.starts, rule.ends),
    }


def _text(one: Processing) -> list[dict[str, object]]:
    """Return the legal text an officer wrote in words, which has no address."""
    if not one.legal_text:
        return []
    return [{"dct:title": one.legal_text, **_valid(one.legal_text_from, one.legal_text_until)}]


def _valid(starts: date | None, ends: date | None) -> dict[str, str]:
    """Return from when until when something holds, as an interval of ISO 8601, open where nobody set an end."""
    if starts is None and ends is None:
        return {}
    return {"dct:valid": "/".join(".." if day is None else day.isoformat() for day in (starts, ends))}


def _measure(kind: str, words: str) -> list[dict[str, str]]:
    return [{"@type": f"dpv:{kind}", "dct:description": words}] if words else []


def _sheet(name: str, rows: Sequence[Sequence[str]]) -> Table:
    table = Table(name[:SHEET_NAME_MAX])
    table.set_values([list(row) for row in rows])
    return table


def _named(codes: Sequence[str], words: Words, more: str = "") -> list[str]:
    return [words.get(code, code) for code in codes] + ([more] if more else [])


def _kept(one: Processing) -> str:
    return "" if one.retention_days is None else f"{one.retention_days} jours"


def _transfer(line: str) -> list[str]:
    """Return a line as written, "recipient, country, guarantee", as the model's three columns."""
    return [part.strip() for part in line.split(",", 2)]


def _dated(one: Processing) -> str:
    days = " – ".join(filter(None, (_day(one.legal_text_from), _day(one.legal_text_until))))  # noqa: RUF001 -- French
    return f"{one.legal_text} ({days})" if days else one.legal_text


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d/%m/%Y")


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
