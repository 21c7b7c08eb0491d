"""Papers read back: what a reader's program finds in a file."""

import io

from pypdf import PdfReader


def read(file: bytes) -> tuple[PdfReader, str]:
    """Return the file, opened, and all its text with single spaces."""
    reader = PdfReader(io.BytesIO(file))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())
