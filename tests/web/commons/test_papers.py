"""Documents: versions stand, digests are shown, nothing opens in a browser, and who may read what."""

import hashlib
from datetime import UTC, datetime

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from necmergitur.innovation import documents
from necmergitur.web.commons.models import Document, Version
from necmergitur.web.papers.paper import Paper
from tests.innovation.test_documents import ODT, package, packed, pdf
from tests.web.commons.lending import HERE, anybody, partner
from tests.web.pages import City

DESK = f"{HERE}documents/"
PUBLIC = "/programme/documents/"
ANOTHER = """
INSERT INTO commons_version (document_id, number, media, ends, size, sha256, content, note, at, by_id)
  SELECT document_id, 9, media, ends, size, sha256, 'another', note, at, by_id FROM commons_version
"""


def begun(city: City, readers: str = "public") -> tuple[Client, str]:
    """Begin a document; return the analyst's browser and the document's address at the desk."""
    analyst = city.client("analyst")
    form = {"title_fr": "Règlement", "title_en": "Rules of the house", "readers": readers}
    answer = analyst.post(f"{DESK}new/", form)
    assert answer.status_code == 302, answer.content.decode()
    return analyst, answer["Location"]


def uploaded(analyst: Client, here: str, content: bytes, note: str = "", name: str = "x.pdf") -> int:
    answer = analyst.post(here, {"file": SimpleUploadedFile(name, content), "note": note})
    return answer.status_code


def test_a_new_version_keeps_the_one_before_and_each_is_downloaded_as_it_was(city: City) -> None:
    analyst, here = begun(city)
    first, second = pdf(b"<< /Note (one) >>"), package(ODT)
    assert uploaded(analyst, here, first) == 302
    assert uploaded(analyst, here, second, "Rewritten", "rules.odt") == 302
    one = Document.objects.get()
    page = anybody().get(f"{PUBLIC}{one.pk}/").content.decode()
    assert (
        hashlib.sha256(first).hexdigest() in page and hashlib.sha256(second).hexdigest() in page and "Rewritten" in page
    )
    for number, content, ends in ((1, first, "pdf"), (2, second, "odt")):
        answer = anybody().get(f"{PUBLIC}{one.pk}/v{number}/")
        assert answer.content == content
        assert answer["Content-Disposition"] == f'attachment; filename="rules-of-the-house-v{number}.{ends}"'
    with psycopg.connect(city.url) as connection:
        said = connection.execute(
            "SELECT payload->'facts'->>'sha256' FROM ledger_event WHERE payload->>'action' = 'commons:document:version'"
            " ORDER BY seq"
        ).fetchall()
    assert [row[0] for row in said] == [hashlib.sha256(each).hexdigest() for each in (first, second)]


def test_a_download_runs_nowhere_and_is_asked_for_once(city: City) -> None:
    analyst, here = begun(city)
    page = b"<!doctype html><script>alert(document.domain)</script>"
    assert uploaded(analyst, here, page, name="page.html") == 302, (
        "words are words, whatever a browser would make of them"
    )
    address = f"{PUBLIC}{Document.objects.get().pk}/v1/"
    answer = anybody().get(address)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"].startswith("attachment;")
    again = anybody().get(address, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304 and again["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\nno more than that", "begins like a PDF and is none"),
        (pdf(stream=packed(b"<< /S /JavaScript >>")), "It runs something"),
        (b"\x7fELF\x02\x01\x01\x00", "Neither PDF"),
        (b"Words, and no report.", "Its name says one kind of file and its content is another."),
        (package(ODT), "Its name says one kind of file and its content is another."),
        (b"", "The submitted file is empty."),
    ],
)
def test_a_file_that_is_none_is_refused_in_words_and_what_was_typed_stays(
    city: City, content: bytes, said: str
) -> None:
    analyst, here = begun(city)
    answer = analyst.post(here, {"file": SimpleUploadedFile("report.pdf", content), "note": "Kept <words>"})
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and "Kept &lt;words&gt;" in page
    assert not Version.objects.exists()


def test_a_bomb_and_a_giant_are_refused(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    analyst, here = begun(city)
    bomb = package(ODT | {"Pictures/0.png": bytes(documents.UNPACKED_MOST + 1)})
    assert len(bomb) < 2**20, "a quarter of a megabyte that would be two hundred"
    assert uploaded(analyst, here, bomb) == 422
    monkeypatch.setattr(documents, "BYTES_MOST", 1_000)
    assert uploaded(analyst, here, b"x" * 1_001) == 422
    assert not Version.objects.exists()


def test_the_same_bytes_again_are_no_version(city: City) -> None:
    analyst, here = begun(city)
    assert [uploaded(analyst, here, pdf()) for _ in range(2)] == [302, 422]


@pytest.mark.parametrize(
    ("readers", "public", "programme"), [("public", 200, 200), ("programme", 404, 200), ("desk", 404, 404)]
)
def test_each_document_is_read_by_those_it_is_for(city: City, readers: str, public: int, programme: int) -> None:
    analyst, here = begun(city, readers)
    uploaded(analyst, here, pdf())
    one, (_partner, mine) = Document.objects.get(), partner()
    assert anybody().get(f"{PUBLIC}{one.pk}/v1/").status_code == public
    assert anybody().get(f"{PUBLIC}{one.pk}/").status_code == public
    assert ("Rules of the house" in anybody().get(PUBLIC).content.decode()) == (public == 200)
    assert anybody().get(f"{mine}documents/{one.pk}/v1/").status_code == programme
    assert anybody().get(f"{mine}documents/{one.pk}/").status_code == programme
    assert ("Rules of the house" in anybody().get(mine).content.decode()) == (programme == 200)
    assert city.client("lead").get(f"{here}v1/").status_code == 200
    assert anybody().get(f"{here}v1/").status_code == 302
    assert analyst.post(f"{here}act/", {"do": "withdraw"}).status_code == 302
    assert anybody().get(f"{PUBLIC}{one.pk}/v1/").status_code == 404


def test_a_version_is_emptied_and_its_digest_stays(city: City) -> None:
    analyst, here = begun(city)
    content = pdf()
    uploaded(analyst, here, content)
    assert city.client("lead").post(f"{here}act/", {"do": "empty", "number": "1"}).status_code == 403
    assert analyst.post(f"{here}act/", {"do": "empty", "number": "1"}).status_code == 302
    assert bytes(Version.objects.get().content) == b""
    one = Document.objects.get()
    assert hashlib.sha256(content).hexdigest() in anybody().get(f"{PUBLIC}{one.pk}/").content.decode()
    assert anybody().get(f"{PUBLIC}{one.pk}/v1/").status_code == 404
    assert analyst.post(f"{here}act/", {"do": "empty", "number": "1; DROP"}).status_code == 404
    assert uploaded(analyst, here, content) == 302, "what was emptied by mistake comes back as the next version"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE commons_version SET content = 'another'",
        "UPDATE commons_version SET sha256 = repeat('0', 64)",
        "UPDATE commons_version SET emptied_at = now()",
        "UPDATE commons_version SET emptied_at = now(), content = '', note = 'another'",
        "DELETE FROM commons_version",
        ANOTHER,
    ],
)
def test_postgresql_lets_no_version_be_another(city: City, statement: str) -> None:
    analyst, here = begun(city)
    uploaded(analyst, here, pdf())
    with psycopg.connect(city.url) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement)
    assert refused.value.sqlstate == "NM028"


def test_the_programmes_own_papers_are_documents(city: City) -> None:
    paper = Paper("Report", datetime(2027, 1, 5, tzinfo=UTC))
    paper.title("Foules à l'heure")
    paper.table("Rows", ["Place", "Value"], [(f"place {n}", f"value-{n}") for n in range(200)])
    analyst, here = begun(city)
    assert uploaded(analyst, here, paper.bytes()) == 302
