"""Spreadsheets as people send them, and as they are sent to harm."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from odfdo import Document, Row, Table

from necmergitur.adapters import sheets
from necmergitur.kernel.refusal import Refusal

ROWS = [["title", "now_value"], ["Compter sans caméra", "9"], ["", ""], ["Éclairer", "1.5"]]
READ = [ROWS[0], ROWS[1], [], ROWS[3]]  # an empty row is there, for the count
XLSX = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def xlsx(cells: str) -> bytes:
    """Return an office file as a spreadsheet program writes it, its cells given as XML."""
    made = io.BytesIO()
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in XLSX.items():
            archive.writestr(name, text)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return made.getvalue()


def said(ref: str, text: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'


def office() -> bytes:
    rows = [
        said("A1", "title") + said("B1", "now_value"),
        said("A2", "Compter sans caméra") + '<c r="B2"><v>9</v></c>',
        "",
        said("A4", "Éclairer") + '<c r="B4"><v>1.5</v></c>',
    ]
    return xlsx("".join(f'<row r="{at}">{row}</row>' for at, row in enumerate(rows, 1)))


def ods(tmp_path: Path) -> bytes:
    document = Document("spreadsheet")
    table = Table("A")
    for values in ROWS:
        row = Row()
        row.set_values([float(v) if v.replace(".", "").isdecimal() else v for v in values])
        table.append_row(row)
    document.body.clear()
    document.body.append(table)
    document.save(tmp_path / "a.ods")
    return (tmp_path / "a.ods").read_bytes()


def lines(delimiter: str, encoding: str) -> bytes:
    return "\r\n".join(delimiter.join(row) for row in ROWS).encode(encoding)


def test_csv_xlsx_and_ods_are_read_alike(tmp_path: Path) -> None:
    for raw in (
        lines(";", "utf-8-sig"),
        lines(",", "utf-8"),
        lines("\t", "utf-16"),
        lines(";", "windows-1252"),
        office(),
        ods(tmp_path),
    ):
        assert sheets.read(raw, 10) == READ


def rule(found: Any) -> str:
    assert isinstance(found, Refusal), found
    return found.rule


def test_a_file_that_is_no_table_or_too_long_is_refused_by_name() -> None:
    assert rule(sheets.read(b"", 10)) == "sheet_empty"
    assert rule(sheets.read(b"title;x\n", 10)) == "sheet_empty"
    assert rule(sheets.read(b"\0\1\2", 10)) == "sheet_unreadable"
    assert rule(sheets.read(b"PK\x03\x04 not an archive", 10)) == "sheet_unreadable"
    assert rule(sheets.read(b"%PDF-1.7 no sheet", 10)) == "sheet_empty"
    assert rule(sheets.read(b"title\n" + b"x\n" * 12, 10)) == "sheet_too_long"
    assert rule(sheets.read(b'title\n"' + b"x" * 100_000, 10)) == "sheet_unreadable"


@pytest.mark.parametrize(
    "cells",
    [
        f'<row r="1">{said("A1", "title")}</row><row r="1048576">{said("XFD1048576", "far")}</row>',
        f'<row r="1">{said("A1", "x" * 400_000_000)}</row>',
    ],
    ids=["a table of seventeen thousand million cells", "a cell of four hundred megabytes"],
)
def test_a_bomb_kills_the_child_that_reads_it_and_nobody_else(cells: str) -> None:
    assert rule(sheets.read(xlsx(cells), 10)) in {"sheet_unreadable", "sheet_empty"}
