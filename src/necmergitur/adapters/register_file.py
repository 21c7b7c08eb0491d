"""The register of processing activities as files: CNIL's model as a spreadsheet (.ods) and .csv, and DPV as JSON-LD.

The columns are those of CNIL's simplified model register (its list sheet, and the record sheet's headings as columns of
the .csv); they are in French, because that register is.
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
COLUMNS = (
    "N° / REF",
    "Nom du traitement",
    "Date de création",
    "Mise à jour",
    "Responsable du traitement",
    "Coordonnées du responsable",
    "Délégué à la protection des données",
    "Responsable(s) conjoint(s)",
    "Finalité principale",
    "Objectif poursuivi",
    "Base légale",
    "Textes applicables",
    "Catégories de personnes concernées",
    "Catégories de données personnelles",
    "Description des données",
    "Données sensibles",
    "Délai d’effacement",  # noqa: RUF001 -- French
    "Destinataires",
    "Sous-traitants",
    "Transferts hors UE",
    "Mesures de sécurité techniques",
    "Mesures de sécurité organisationnelles",
    "Début",
    "Fin",
)
LIST_COLUMNS = (
    "N° / REF",
    "Nom du traitement",
    "Finalité principale",
    "Responsable du traitement",
    "Date de création",
    "Mise à jour",
    "Données sensibles",
    "Transferts hors UE",
)


def columns_of(entry: Entry, rules: Sequence[Rule], words: Words) -> dict[str, str]:
    """Return an activity as the model's columns."""
    one = entry.processing
    titles = {rule.id: rule.title.fr for rule in rules}
    texts = [titles.get(name, name) for name in one.law] + ([_dated(one)] if one.legal_text else [])
    values = (
        entry.number,
        one.name,
        _day(entry.created),
        _day(entry.updated),
        one.controller,
        one.controller_contact,
        one.officer,
        "; ".join(one.joint_controllers),
        words.get(one.purpose, one.purpose),
        one.objective,
        words.get(one.legal_basis, one.legal_basis),
        "; ".join(texts),
        "; ".join(words.get(each, each) for each in one.people),
        "; ".join(words.get(each, each) for each in one.data),
        one.data_words,
        "Oui" if set(one.data) & vocabulary.SENSITIVE else "Non",
        "" if one.retention_days is None else f"{one.retention_days} jours",
        "; ".join(one.recipients),
        "; ".join(one.processors),
        "; ".join(one.transfers) or "Non",
        one.security_technical,
        one.security_organisational,
        _day(one.starts),
        _day(one.ends),
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(entries: Sequence[Entry], rules: Sequence[Rule], words: Words) -> bytes:
    """Return the register as .csv: UTF-8 with its mark, semicolons, as French spreadsheets open it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_inert(cell) for cell in columns_of(entry, rules, words).values()] for entry in entries)
    return out.getvalue().encode("utf-8-sig")


def as_ods(entries: Sequence[Entry], rules: Sequence[Rule], words: Words) -> bytes:
    """Return the register as a spreadsheet: the list of activities, then a sheet for each, as CNIL's model has it."""
    document = Document("spreadsheet")
    document.body.clear()
    told = [columns_of(entry, rules, words) for entry in entries]
    listed = [list(LIST_COLUMNS), *([each[name] for name in LIST_COLUMNS] for each in told)]
    document.body.append(_sheet("Liste des traitements", listed))
    for each in told:
        rows = [["Fiche de registre", each["Nom du traitement"]], *([name, each[name]] for name in COLUMNS)]
        document.body.append(_sheet(f"Fiche {each['N° / REF']}", rows))
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
        "dpv:hasJointDataControllers": named("JointDataControllers", one.joint_controllers),
        "dpv:hasDataProcessor": named("DataProcessor", one.processors),
        "dpv:hasRecipient": named("Recipient", one.recipients),
        "dpv:hasDataSubject": terms(one.people, vocabulary.PEOPLE),
        "dpv:hasPersonalData": terms(one.data, vocabulary.DATA),
        "dpv:hasTechnicalMeasure": _measure("TechnicalMeasure", one.security_technical),
        "dpv:hasOrganisationalMeasure": _measure("OrganisationalMeasure", one.security_organisational),
        "dct:conformsTo": [
            {"@id": sources[name].url, "dct:title": sources[name].title.fr, "dct:source": sources[name].source}
            for name in one.law
            if name in sources
        ],
    }
    if one.retention_days is not None:
        node["dpv:hasStorageCondition"] = {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": {"@type": "xsd:duration", "@value": f"P{one.retention_days}D"},
        }
    return {name: value for name, value in node.items() if value not in ([], "", None)}


def _measure(kind: str, words: str) -> list[dict[str, str]]:
    return [{"@type": f"dpv:{kind}", "dct:description": words}] if words else []


def _sheet(name: str, rows: Sequence[Sequence[str]]) -> Table:
    table = Table(name[:SHEET_NAME_MAX])
    table.set_values([list(row) for row in rows])
    return table


def _dated(one: Processing) -> str:
    days = " – ".join(filter(None, (_day(one.legal_text_from), _day(one.legal_text_until))))  # noqa: RUF001 -- French
    return f"{one.legal_text} ({days})" if days else one.legal_text


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d/%m/%Y")


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
