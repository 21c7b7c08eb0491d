"""The register as others read it: CNIL's model as a spreadsheet and .csv, DPV as JSON-LD; CNIL's PIA files, whole."""

import csv
import io
import json
import re
import time
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from lxml import etree

from necmergitur.adapters import pia_file, register_file
from necmergitur.adapters.law import rules
from necmergitur.adapters.pia_file import Imported
from necmergitur.governance import processing, vocabulary
from necmergitur.governance.pia import Answer, Evaluation, Measure, Writing
from necmergitur.governance.processing import Processing
from necmergitur.kernel.refusal import Refusal

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
COUNTING = Processing(
    name="Compter à la foire",
    purpose="crowd_safety",
    objective="Ouvrir une sortie à temps.",
    modality="crowd_count",
    legal_basis="A6-1-e",
    law=("experiment_2021_467",),
    legal_text="Délibération 2026-41",
    legal_text_from=date(2026, 1, 1),
    legal_text_until=date(2027, 1, 1),
    controller="Ville",
    controller_contact="mairie@ville.example",
    officer="Vienne",
    processors=("Counters Ltd",),
    people=("passers_by",),
    data=("counts", "health"),
    transfers=("Hébergeur, Canada, clauses types",),
    retention_days=30,
    security_technical="=HYPERLINK(1)",
)
ENTRY = register_file.Entry(
    id=UUID(int=7), number="001", created=date(2026, 11, 1), updated=date(2026, 11, 26), processing=COUNTING
)
WORDS = {"crowd_safety": "Sécurité des foules", "counts": "combien de personnes", "health": "santé"}


def test_the_spreadsheet_opens_with_a_list_and_a_sheet_for_each_activity() -> None:
    body = register_file.as_ods([ENTRY], rules(), WORDS)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        content = etree.fromstring(archive.read("content.xml"))
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    assert [sheet.get(f"{table}name") for sheet in content.iter(f"{table}table")] == [
        "Liste des traitements",
        "Fiche 001",
    ]
    rows = {name: rows_of(content, name) for name in ("Liste des traitements", "Fiche 001")}
    assert rows["Liste des traitements"][0] == list(register_file.LIST_COLUMNS)
    record = rows["Fiche 001"]
    assert [row[0] for row in record if row[0] in SECTIONS] == SECTIONS
    assert ["Délégué à la protection des données", "Vienne"] in record
    assert ["Responsable du traitement", "Ville", "", "", "", "", "", "mairie@ville.example"] in record
    assert ["Données concernant la santé", "santé", "30 jours"] in record
    assert ["Données qui ne désignent personne", "combien de personnes", "30 jours"] in record
    assert ["Organisme 1", "Hébergeur", "Canada", "clauses types"] in record
    assert any("Expérimentation locale" in cell for row in record for cell in row)


# The headings of CNIL's `registre-traitement-simplifie.ods`, in its order, and ours after them.
SECTIONS = [
    "Modèle de fiche de registre",
    "Description du traitement",
    "Acteurs",
    "Finalité(s) du traitement effectué",
    "Catégories de données personnelles concernées",
    "Données sensibles",
    "Catégories de personnes concernées",
    "Destinataires",
    "Mesures de sécurité",
    "Transferts hors UE",
    "Au-delà du modèle",
]


def rows_of(content: Any, name: str) -> list[list[str]]:
    """Return one sheet's cells, without the empty ones at the end of a row."""
    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    sheet = next(one for one in content.iter(f"{table}table") if one.get(f"{table}name") == name)
    found = []
    for row in sheet.iter(f"{table}table-row"):
        cells: list[str] = []
        for cell in row.iter(f"{table}table-cell"):
            cells += ["".join(cell.itertext())] * int(cell.get(f"{table}number-columns-repeated", "1"))
        while cells and not cells[-1]:
            cells.pop()
        found.append(cells)
    return found


def test_the_csv_has_the_same_columns_and_no_cell_is_a_formula() -> None:
    (row,) = csv.DictReader(
        io.StringIO(register_file.as_csv([ENTRY], rules(), WORDS).decode("utf-8-sig")), delimiter=";"
    )
    assert tuple(row) == register_file.COLUMNS
    assert tuple(row)[:6] == register_file.LIST_COLUMNS
    assert row["Données sensibles ? Oui/non"] == "Oui" and row["Données sensibles"] == "santé"
    assert row["Catégories de données personnelles concernées"] == "combien de personnes"
    assert row["Mesures de sécurité techniques"] == "'=HYPERLINK(1)"


def test_the_json_ld_speaks_the_data_privacy_vocabulary() -> None:
    said = json.loads(register_file.as_json_ld([ENTRY], rules(), "https://city.example/trust/processing/"))
    (node,) = said["@graph"]
    assert said["@context"]["dpv"] == "https://w3id.org/dpv#"
    assert node["@id"].endswith(str(ENTRY.id))
    assert node["dpv:hasPurpose"] == [{"@id": "https://w3id.org/dpv#ProtectionOfPublicSecurity"}]
    assert node["dpv:hasLegalBasis"] == [{"@id": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"}]
    assert node["dpv:hasStorageCondition"]["dpv:hasDuration"]["@value"] == "P30D"
    assert node["dpv:hasData"] == [{"@id": "https://w3id.org/dpv#AnonymisedData"}], "counts are no personal data"
    assert node["dpv:hasPersonalData"] == [{"@id": "https://w3id.org/dpv/pd#MedicalHealth"}]
    assert node["dpv:hasDataProtectionOfficer"] == [{"@type": "dpv:DataProtectionOfficer", "dpv:hasName": "Vienne"}]
    assert [one["dct:valid"] for one in node["dct:conformsTo"]] == ["2021-04-21/..", "2026-01-01/2027-01-01"]


def test_every_term_of_the_vocabulary_is_one_of_dpv() -> None:
    """The terms used, held against those of DPV 2.1 as published (modules purposes, personal_data, entities, pd, eu-gdpr)."""
    known = {"dpv": DPV_TERMS, "dpv/pd": PD_TERMS, "dpv/legal/eu/gdpr": {f"A6-1-{letter}" for letter in "abcdef"}}
    used = (vocabulary.PURPOSE, vocabulary.LEGAL_BASIS, vocabulary.PEOPLE, vocabulary.DATA)
    for address in {address for terms in used for address in terms.values()}:
        space, _hash, term = address.removeprefix("https://w3id.org/").partition("#")
        assert term in known[space], address
    body = register_file.as_json_ld([ENTRY], rules(), "https://city.example/").decode()
    assert set(re.findall(r'"dpv:(\w+)"', body)) <= DPV_TERMS


# From w3c/dpv, 2.1: only those a register of ours could need.
DPV_TERMS = {
    "PublicBenefit",
    "ProtectionOfPublicSecurity",
    "ImprovePublicServices",
    "PersonnelManagement",
    "Visitor",
    "Citizen",
    "HumanSubject",
    "Child",
    "Employee",
    "AnonymisedData",
    "PseudonymisedData",
    "IdentifyingPersonalData",
    "PersonalData",
    "Process",
    "DataController",
    "Recipient",
    "JointDataControllers",
    "DataProcessor",
    "DataProtectionOfficer",
    "StorageDuration",
    "TechnicalMeasure",
    "OrganisationalMeasure",
    "hasName",
    "hasPurpose",
    "hasLegalBasis",
    "hasDataController",
    "hasJointDataControllers",
    "hasDataProcessor",
    "hasRecipient",
    "hasDataProtectionOfficer",
    "hasDataSubject",
    "hasPersonalData",
    "hasData",
    "hasTechnicalMeasure",
    "hasOrganisationalMeasure",
    "hasStorageCondition",
    "hasDuration",
}
PD_TERMS = {"Name", "Contact", "Location", "MedicalHealth", "Biometric", "Authenticating"}


def against(**changes: Any) -> list[str]:
    return [one.rule for one in processing.check(msgspec.structs.replace(COUNTING, **changes), rules(), NOW)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, []),
        ({"purpose": "other", "other_purpose": "just for fun"}, ["purpose_not_lawful"]),
        ({"purpose": ""}, ["purpose_missing"]),
        ({"legal_basis": ""}, ["legal_basis_missing"]),
        ({"legal_basis": "A6-1-a"}, ["legal_basis_not_lawful"]),
        ({"ends": date(2050, 1, 1)}, ["ends_too_late"]),
        ({"data": ("sound",)}, ["data_forbidden"]),
        ({"modality": "sound"}, ["law_forbids"]),
        ({"modality": "biometric"}, ["law_forbids", "law_forbids"]),
        ({"law": ("augmented_cameras_2023_380",)}, ["law_ended"]),
        ({"retention_days": None}, ["retention_days_missing"]),
        ({"modality": "drone_camera", "law": ("drone_decree_2023_283",), "retention_days": 8}, ["law_retention"]),
        (
            {"modality": "drone_camera", "law": ("drone_decree_2023_283",), "purpose": "training", "retention_days": 7},
            ["purpose_not_lawful"],
        ),
        ({"people": ()}, ["people_missing"]),
        ({"name": "x" * 201}, ["name_too_long"]),
    ],
)
def test_an_activity_is_refused_for_what_the_law_has_against_it(changes: dict[str, Any], why: list[str]) -> None:
    assert against(**changes) == why


@pytest.fixture(scope="module")
def published(corpus: Path) -> bytes:
    return (corpus / "pia" / "pia.json").read_bytes()


@pytest.mark.corpus
def test_a_published_assessment_leaves_as_it_came(published: bytes) -> None:
    read = pia_file.read(published)
    assert isinstance(read, Imported)
    assert json.loads(pia_file.write(read.writing, read.kept)) == json.loads(published)
    assert len(read.writing.answers) == 36 and len(read.writing.evaluations) == 18
    assert read.writing.answer("111").text.startswith("Lorem ipsum dolor sit amet")
    assert read.writing.answer("325").gauge == 3
    assert read.writing.measures == (Measure(1, "Chiffrement", read.writing.measures[0].content),)


@pytest.mark.corpus
def test_what_we_change_of_it_changes_and_nothing_else_does(published: bytes) -> None:
    read = pia_file.read(published)
    assert isinstance(read, Imported)
    after = msgspec.structs.replace(read.writing, answers={**read.writing.answers, "111": Answer("a < b\nand more")})
    made, before = json.loads(pia_file.write(after, read.kept)), json.loads(published)
    assert made["answers"][0]["data"]["text"] == "<p>a &lt; b</p><p>and more</p>"
    made["answers"][0] = before["answers"][0]
    assert made == before


def test_an_assessment_written_here_comes_back_the_same() -> None:
    writing = Writing(
        title="Compter",
        answers={"111": Answer("Deux lignes\nde mots"), "321": Answer(points=("gêne",)), "325": Answer(gauge=2)},
        measures=(Measure(4, "Comptes seuls", "Aucune image."),),
        evaluations={
            "3.2": Evaluation(status=2, plan="Audit", severity=2, likelihood=1),
            "3.1.4": Evaluation(status=3),
        },
        opinion="Favorable.",
        favourable=True,
        people_searched=False,
        people_not_searched="Une soirée.",
    )
    read = pia_file.read(pia_file.write(writing, None))
    assert isinstance(read, Imported) and read.writing == writing


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"pia": 1}', b"[" * 100_000, b'"' + b"x" * 2_000_001])
def test_what_is_no_such_file_is_refused_not_raised(body: bytes) -> None:
    assert isinstance(pia_file.read(body), Refusal)


def test_scripts_in_a_text_are_words_we_do_not_keep() -> None:
    assert pia_file.plain("<p>one<script>alert(1)</script></p><style>x</style>two &amp; three") == "one\ntwo & three"


@pytest.mark.parametrize(
    "sign", ["<a ", "<a href='", '<p title="x', "<!--", "<!", "<script>", "<", "</", "&", "&lt", "<style><", "<br"]
)
def test_a_text_that_would_hold_its_reader_is_read_at_once(sign: str) -> None:
    text = sign * (pia_file.FILE_BYTES_MAX // len(sign))
    begun = time.process_time()
    pia_file.plain(text)
    assert time.process_time() - begun < 5  # a second here; unclosed tags held the standard parser for minutes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>a &lt; b</p><p>and <b>more</b></p>", "a < b\nand more"),
        ("a < b and c > d", "a < b and c > d"),
        ("one<br/>two<BR>three", "one\ntwo\nthree"),
        ("<!-- not <b>said</b> -->said", "said"),
        ("<!DOCTYPE html><div class='x'>é&nbsp;è</div>", "é è"),
        ("<SCRIPT>if (a < b) {}</SCRIPT >after", "after"),
        ("cut <a href='x", "cut"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
    ],
)
def test_a_text_is_read_as_its_words(text: str, said: str) -> None:
    assert pia_file.plain(text) == said
