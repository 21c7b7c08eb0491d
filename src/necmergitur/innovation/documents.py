"""What a file is, judged by its content alone: a name can say anything, and is refused where it says another thing.

Taken: PDF, OpenDocument and Office Open XML without macros, plain text. Refused with the reason: what is none of these,
what only begins like one, what runs something when opened, what is locked, what unpacks to more than anybody reads.
A file that passes is still served as a download that no browser opens in our name: this is the first fence of two.
"""

import base64
import binascii
import io
import mimetypes
import re
import zipfile
import zlib
from collections.abc import Iterator
from types import MappingProxyType

import msgspec

from necmergitur.kernel.refusal import Refusal

BYTES_MOST = 20 * 2**20  # ours: a report with pictures; more is a film
UNPACKED_MOST = 200 * 2**20  # ours: ten times the largest file
PARTS_MOST = 5_000  # ours: a long slide show has some hundreds
CHUNK = 64 * 2**10
CHUNK_GIVEN = 4 * 2**10  # ours: unpacks to 4 MB at most (1:1032), so at most 64 copies of it
OVERLAP = 64  # longer than any name looked for, escaped or not
TRAILER_WITHIN = 1_024  # ISO 32000-1, Annex H.3: readers accept %%EOF within the last 1024 bytes


class Kind(msgspec.Struct, frozen=True):
    """What a file is: its media type and how its name ends."""

    media: str
    ends: str


PDF = Kind("application/pdf", "pdf")
TEXT = Kind("text/plain; charset=utf-8", "txt")
_ODF = "application/vnd.oasis.opendocument."
_OOXML = "application/vnd.openxmlformats-officedocument."
_OPEN = MappingProxyType(
    {
        f"{_ODF}text": Kind(f"{_ODF}text", "odt"),
        f"{_ODF}spreadsheet": Kind(f"{_ODF}spreadsheet", "ods"),
        f"{_ODF}presentation": Kind(f"{_ODF}presentation", "odp"),
    }
)
# The part that makes the package what it is.
_OFFICE = MappingProxyType(
    {
        "word/document.xml": Kind(f"{_OOXML}wordprocessingml.document", "docx"),
        "xl/workbook.xml": Kind(f"{_OOXML}spreadsheetml.sheet", "xlsx"),
        "ppt/presentation.xml": Kind(f"{_OOXML}presentationml.presentation", "pptx"),
    }
)
KINDS = (PDF, TEXT, *_OPEN.values(), *_OFFICE.values())
# ISO 32000-1 12.6.4 and 7.11.4: what starts a program, carries a file inside, or plays something.
_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|ImportData|SubmitForm)(?![A-Za-z0-9])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_FIRST = re.compile(rb"startxref\s+(\d{1,10})\s+%%EOF")
_CROSS = re.compile(rb"\s*(xref\s|\d+\s+\d+\s+obj)")
_RUNS = re.compile(
    r"(^|/)(vbaProject\.bin|vbaData\.xml)$|^(Basic|Scripts)/|(^|/)activeX/|\.(exe|dll|js|vbs|jar)$", re.IGNORECASE
)
# What names claim: our own kinds, and what the standard library knows of others, whatever this machine has been told.
_CLAIMED = MappingProxyType({**{f".{one.ends}": one.media for one in KINDS}, ".md": TEXT.media})
_OTHERS = mimetypes.MimeTypes()
_WRONG_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def kind_of(content: bytes, name: str = "") -> Kind | Refusal:
    """Return what a file is, or why it is not taken: also when its name, where it has one, says it is another kind."""
    found = _known(content)
    if isinstance(found, Refusal) or _agrees(name, found):
        return found
    return Refusal(rule="document_misnamed", facts={"found": found.ends})


def _agrees(name: str, found: Kind) -> bool:
    """Whether a name claims what its file is, or nothing that anybody knows."""
    dot, ends = name.rpartition(".")[1:]
    claimed = _CLAIMED.get(f".{ends.lower()}") if dot else None
    media, packed = (claimed, None) if claimed else _OTHERS.guess_type(name)
    if packed is not None:
        return False
    if media is None or media == found.media:
        return True
    return found is TEXT and media.startswith(("text/", "application/json"))


def _known(content: bytes) -> Kind | Refusal:
    if not content:
        return Refusal(rule="document_empty")
    if len(content) > BYTES_MOST:
        return Refusal(rule="document_large")
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return _package(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Refusal(rule="document_kind")
    # Words that a browser could take for a page are still words: they leave as a download of plain text.
    return Refusal(rule="document_kind") if _WRONG_TEXT.search(text) else TEXT


def _pdf(content: bytes) -> Kind | Refusal:
    if not re.match(rb"%PDF-[12]\.\d", content):
        return Refusal(rule="document_not_pdf")
    ends = list(_FIRST.finditer(content, max(0, len(content) - TRAILER_WITHIN)))
    if not ends:
        return Refusal(rule="document_not_pdf")
    table = int(ends[-1][1])
    if not 0 < table < len(content) or not _CROSS.match(content, table):
        return Refusal(rule="document_not_pdf")
    plain = _named(content)
    if b"/Root" not in plain or not (b"/Pages" in plain or b"/ObjStm" in plain):
        return Refusal(rule="document_not_pdf")
    if re.search(rb"/Encrypt(?![A-Za-z0-9])", plain):
        return Refusal(rule="document_locked")
    if _ACTIVE.search(plain):
        return Refusal(rule="document_active")
    hidden = _streams(content)
    return PDF if hidden is None else hidden  # a refusal is falsy: `or` would pass over it


def _named(piece: bytes) -> bytes:
    """Return bytes with names as a reader sees them: /J#61vaScript is /JavaScript (ISO 32000-1 7.3.5)."""
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), piece)


class _Spent:
    """How much was unpacked of a file so far."""

    def __init__(self) -> None:
        self.bytes = 0

    def too_much(self, more: int) -> bool:
        self.bytes += more
        return self.bytes > UNPACKED_MOST


def _streams(content: bytes) -> Refusal | None:
    """Look inside everything packed: objects may hide there (ISO 32000-1 7.5.7). None of it is kept."""
    spent, looked_at = _Spent(), _Spent()
    for found in _STREAM.finditer(content):
        begin = found.end()
        end = content.find(b"endstream", begin)
        if looked_at.too_much((end if end >= 0 else len(content)) - begin):  # streams in streams, millions of them
            return Refusal(rule="document_not_pdf")
        packed = content[begin : end if end >= 0 else len(content)]
        before = _named(content[max(0, found.start() - 400) : found.start()].rpartition(b"endobj")[2])
        known = False
        for body in (packed, *_unwrapped(packed, before)):
            refused, was = _inflated(body, spent)
            if refused is not None:
                return refused
            known = known or was
        if not known and b"/ObjStm" in before and b"/Filter" in before:
            return Refusal(rule="document_not_pdf")  # objects packed in a way nobody can look into
    return None


def _unwrapped(packed: bytes, before: bytes) -> list[bytes]:
    """Return a stream that is written in letters, as octets."""
    made = []
    with _Unreadable():
        if b"/ASCII85Decode" in before or b"/A85" in before:
            made.append(base64.a85decode(packed.strip().removesuffix(b"~>"), adobe=False))
        if b"/ASCIIHexDecode" in before or b"/AHx" in before:
            made.append(binascii.unhexlify(b"".join(packed.split()).partition(b">")[0]))
    return made


class _Unreadable:
    """What is no such writing is left as it is."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ValueError)


def _inflated(packed: bytes, spent: _Spent) -> tuple[Refusal | None, bool]:
    """Look through a deflated stream piece by piece; return why it is refused, and whether it was one."""
    tail, any_of_it = b"", False
    try:
        for piece in _pieces(packed):
            any_of_it = True
            if spent.too_much(len(piece)):
                return Refusal(rule="document_unpacks"), True
            if _ACTIVE.search(_named(tail + piece)):
                return Refusal(rule="document_active"), True
            tail = piece[-OVERLAP:]
    except zlib.error:
        return None, any_of_it
    return None, any_of_it


def _pieces(packed: bytes) -> Iterator[bytes]:
    """Yield what a deflated stream unpacks to; it is given a little at a time, for what is left is copied each time."""
    engine, all_of_it = zlib.decompressobj(), memoryview(packed)
    for start in range(0, len(packed), CHUNK_GIVEN):
        given: bytes | memoryview = all_of_it[start : start + CHUNK_GIVEN]
        full = True
        while (given or full) and not engine.eof:
            piece = engine.decompress(given, CHUNK)
            given, full = engine.unconsumed_tail, len(piece) == CHUNK
            if piece:
                yield piece
        if engine.eof:
            return


def _package(content: bytes) -> Kind | Refusal:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, RuntimeError):
        return Refusal(rule="document_not_office")


def _parts(package: zipfile.ZipFile) -> Kind | Refusal:
    parts = package.infolist()
    names = [part.filename for part in parts]
    if len(parts) > PARTS_MOST:
        return Refusal(rule="document_unpacks")
    if len(set(names)) != len(names) or any(name.startswith("/") or ".." in name.split("/") for name in names):
        return Refusal(rule="document_not_office")
    if any(part.flag_bits & 1 for part in parts):
        return Refusal(rule="document_locked")
    if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
        return Refusal(rule="document_not_office")  # ISO/IEC 21320-1 5.1: no others; LZMA asks for gigabytes
    if any(_RUNS.search(name) for name in names):
        return Refusal(rule="document_active")
    # What a part says of its own size is not believed: everything is unpacked once, and nothing of it kept.
    spent, kind = _Spent(), _office(package, names)
    for part in parts:
        with package.open(part) as inside:
            while piece := inside.read(CHUNK):
                if spent.too_much(len(piece)):
                    return Refusal(rule="document_unpacks")
    return Refusal(rule="document_kind") if kind is None else kind


def _office(package: zipfile.ZipFile, names: list[str]) -> Kind | None:
    if "mimetype" in names:
        with package.open("mimetype") as inside:
            media = inside.read(200).decode("ascii", "replace").strip()
        return _OPEN.get(media) if {"content.xml", "META-INF/manifest.xml"} <= set(names) else None
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for part, kind in _OFFICE.items() if part in names), None)
