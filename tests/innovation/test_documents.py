"""What a file is, by its content: what only begins like a document, runs something, hides it, or never ends."""

import io
import random
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.actions import JavaScript

from necmergitur.innovation import documents
from necmergitur.innovation.documents import KINDS, Kind, kind_of
from necmergitur.kernel.refusal import Refusal


def pdf(more: bytes = b"", *, catalog: bytes = b"", stream: bytes = b"") -> bytes:
    """Write a small PDF with a right table of contents."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b">>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *([more] if more else []),
        *([stream] if stream else []),
    ]
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, table)


def packed(inside: bytes, kind: bytes = b"/Type /ObjStm") -> bytes:
    body = zlib.compress(inside)
    return b"<< %b /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (kind, len(body), body)


def package(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


ODT = {
    "mimetype": b"application/vnd.oasis.opendocument.text",
    "content.xml": b"<office:document-content/>",
    "META-INF/manifest.xml": b"<manifest:manifest/>",
}
XLSX = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


def rule(content: bytes) -> str:
    found = kind_of(content)
    return found.rule if isinstance(found, Refusal) else found.ends


def test_each_kind_is_known_by_its_content() -> None:
    word = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
    show = {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}
    sheet = ODT | {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    slides = ODT | {"mimetype": b"application/vnd.oasis.opendocument.presentation"}
    found = [rule(package(one)) for one in (ODT, sheet, slides, XLSX, word, show)]
    assert found == ["odt", "ods", "odp", "xlsx", "docx", "pptx"]
    assert (rule(pdf()), rule("Réunion à 10 h\n".encode())) == ("pdf", "txt")
    assert {one.ends for one in KINDS} == {*found, "pdf", "txt"}


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\nonly the head of one",
        b"%PDF-1.7\n<html><script>alert(1)</script>\n%%EOF",
        b"%PDF-1.7\nstartxref\n0\n%%EOF\n",
        b"%PDF-1.7\nstartxref\n99999999\n%%EOF\n",
        pdf()[:-200],
        pdf() + b"x" * 2_000,
        pdf().replace(b"/Root", b"/Toor"),
        b"%PDF-9" + pdf()[6:],
    ],
)
def test_a_pdf_that_is_not_one_is_refused(content: bytes) -> None:
    assert rule(content) == "document_not_pdf"


@pytest.mark.parametrize(
    "name",
    [b"JavaScript", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia", b"J#61vaScript", b"#4c#61unch", b"XFA"],
)
def test_a_pdf_that_runs_something_is_refused_however_its_name_is_written(name: bytes) -> None:
    assert rule(pdf(b"<< /S /%b /X (app.alert) >>" % name)) == "document_active"
    assert rule(pdf(stream=packed(b"4 0 << /S /%b >>" % name))) == "document_active", "in an object that is packed"
    assert rule(pdf(stream=packed(b"x" * 65_530 + b"/%b " % name, b""))) == "document_active", "across two pieces"


def test_a_name_that_only_begins_like_one_is_no_script() -> None:
    assert rule(pdf(b"<< /JavaScriptless true /LaunchPad 1 >>")) == "pdf"


def test_what_is_packed_in_a_way_nobody_looks_into_is_refused() -> None:
    hidden = b"<< /Type /ObjStm /Filter /LZWDecode /Length 4 >>\nstream\n\x80\x0b\x60\x50\nendstream"
    assert rule(pdf(stream=hidden)) == "document_not_pdf"
    import base64

    body = base64.a85encode(zlib.compress(b"<< /S /Launch >>")) + b"~>"
    twice = b"<< /Filter [/ASCII85Decode /FlateDecode] /Length %d >>\nstream\n%b\nendstream" % (len(body), body)
    assert rule(pdf(stream=twice)) == "document_active"


def test_a_locked_file_is_refused() -> None:
    assert rule(pdf().replace(b"/Size", b"/Encrypt 9 0 R /Size")) == "document_locked"
    locked = bytearray(package(ODT, zipfile.ZIP_STORED))
    at = locked.rindex(b"PK\x01\x02")
    locked[at + 8] |= 1
    assert rule(bytes(locked)) == "document_locked"


def test_bombs_are_refused_before_they_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "UNPACKED_MOST", 2**20)
    assert rule(package(ODT | {"Pictures/a.png": bytes(2**21)})) == "document_unpacks"
    assert rule(package(XLSX | {f"xl/{n}.xml": bytes(2**18) for n in range(5)})) == "document_unpacks", (
        "many, each small"
    )
    assert rule(pdf(stream=packed(bytes(2**21), b""))) == "document_unpacks"
    assert rule(package(XLSX | {f"xl/{n}.xml": b"" for n in range(documents.PARTS_MOST)})) == "document_unpacks"


def test_streams_within_streams_hold_nobody() -> None:
    began = time.monotonic()
    assert rule(pdf(b"stream\n" * 60_000)) == "document_not_pdf"  # each would be looked through to the file's end
    assert time.monotonic() - began < 5


def test_a_package_packed_otherwise_than_documents_are_is_refused() -> None:
    """LZMA says by itself how much memory it wants."""
    assert rule(package(XLSX)) == "xlsx"
    assert rule(package(XLSX, zipfile.ZIP_LZMA)) == "document_not_office"


def test_a_size_that_lies_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "UNPACKED_MOST", 2**20)
    made = bytearray(package(ODT | {"z.xml": bytes(2**21)}))
    at = made.rindex(b"PK\x01\x02")
    made[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert rule(bytes(made)) in {"document_unpacks", "document_not_office"}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (XLSX | {"xl/vbaProject.bin": b"x"}, "document_active"),
        (ODT | {"Basic/Standard/Module1.xml": b"x"}, "document_active"),
        (ODT | {"Pictures/run.exe": b"x"}, "document_active"),
        (ODT | {"../../etc/passwd": b"x"}, "document_not_office"),
        ({"holiday.jpg": b"x"}, "document_kind"),
        ({"mimetype": b"application/zip"}, "document_kind"),
    ],
)
def test_packages_that_run_something_or_are_no_document_are_refused(parts: dict[str, bytes], said: str) -> None:
    assert rule(package(parts)) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "document_empty"),
        (b"MZ\x90\x00\x03", "document_kind"),
        (b"\x89PNG\r\n\x1a\n", "document_kind"),
        (b"caf\xe9 in Latin-1", "document_kind"),
        (b"words\x00and a zero", "document_kind"),
        (package(ODT)[:80], "document_not_office"),
        (b"PK\x03\x04 and then nothing", "document_not_office"),
    ],
    ids=["empty", "program", "picture", "latin_1", "zero", "cut", "head_alone"],  # a package names its hour
)
def test_what_is_no_document_is_refused(content: bytes, said: str) -> None:
    assert rule(content) == said


def test_what_is_larger_than_the_bound_is_not_looked_at() -> None:
    assert rule(b"%PDF-1.7" + bytes(documents.BYTES_MOST)) == "document_large"


@pytest.mark.parametrize("path", sorted(Path("/usr/share/doc").glob("**/*.pdf"))[:5], ids=lambda path: path.name)
def test_pdfs_that_other_programs_wrote_are_taken(path: Path) -> None:
    content = path.read_bytes()
    assert isinstance(kind_of(content), Kind) or len(content) > documents.BYTES_MOST


def test_random_damage_never_raises() -> None:
    import random

    chance = random.Random(7)
    for whole in (pdf(stream=packed(b"x" * 400)), package(ODT), package(XLSX)):
        for _ in range(300):
            spoilt = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            assert kind_of(bytes(spoilt)) is not None


def _scripted(made: PdfWriter) -> None:
    made.add_open_action(JavaScript("app.alert(1)"))


def _attached(made: PdfWriter) -> None:
    made.add_attachment("a", b"x")


def test_what_another_program_writes_is_judged_alike() -> None:
    found = []
    for spoil in (lambda one: None, _scripted, _attached):
        made, out = PdfWriter(), io.BytesIO()
        made.add_blank_page(width=200, height=200)
        spoil(made)
        made.write(out)
        found.append(rule(out.getvalue()))
    locked, out = PdfWriter(), io.BytesIO()
    locked.add_blank_page(width=200, height=200)
    locked.encrypt("secret", algorithm="RC4-128")
    locked.write(out)
    assert [*found, rule(out.getvalue())] == ["pdf", "document_active", "document_active", "document_locked"]


@pytest.mark.parametrize("claimed", [one.ends for one in KINDS])
def test_a_name_that_says_another_kind_is_refused_for_every_kind(claimed: str) -> None:
    word = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
    show = {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}
    sheet = ODT | {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}
    slides = ODT | {"mimetype": b"application/vnd.oasis.opendocument.presentation"}
    files = [b"words", pdf(), *(package(one) for one in (ODT, sheet, slides, XLSX, word, show))]
    for content in files:
        found, plain = kind_of(content, f"Report.v1.{claimed.upper()}"), kind_of(content)
        assert isinstance(plain, Kind)
        if plain.ends == claimed:
            assert found == plain
        else:
            assert isinstance(found, Refusal) and found.rule == "document_misnamed", (claimed, plain.ends)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("", True),
        ("notes", True),
        ("notes.md", True),
        ("table.CSV", True),
        ("Report v1.2", True),
        ("page.html", True),
        ("picture.jpg", False),
        ("words.exe", False),
        ("words.txt.gz", False),
        ("words.doc", False),
    ],
)
def test_words_may_be_named_as_words_or_as_nothing_known(name: str, taken: bool) -> None:
    found = kind_of(b"Some words", name)
    assert found == documents.TEXT if taken else isinstance(found, Refusal)


def test_a_stream_that_unpacks_much_from_a_little_before_much_more_is_looked_through_in_linear_time() -> None:
    squeeze = zlib.compressobj()
    body = squeeze.compress(bytes(150 * 2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    much = random.Random(1).randbytes(18 * 2**20)
    body += squeeze.compress(much) + squeeze.flush()
    content = pdf(stream=b"<< /Filter /FlateDecode >>\nstream\n%b\nendstream" % body)
    assert len(content) < documents.BYTES_MOST
    begun = time.process_time()
    assert kind_of(content) == documents.PDF
    assert time.process_time() - begun < 3  # 0.6 s here; 6 s when what is left was copied for each piece
