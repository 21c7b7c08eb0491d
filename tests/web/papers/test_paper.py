"""A paper by itself: letters of many alphabets, tables longer than a page, and nothing of the clock in it."""

from datetime import UTC, datetime

from django.utils.translation import override

from necmergitur.web.papers import fonts
from necmergitur.web.papers.paper import Paper
from tests.web.papers.reading import read

AT = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
NAMES = ("Élise Lœuillet", "Łukasz Żółć", "Ελένη Παπαδοπούλου", "Сергій Ґонта", "Nguyễn Thị Hương", "İbrahim Şükrü")


def test_names_are_read_back_in_their_own_letters() -> None:
    paper = Paper("Names", AT)
    for name in NAMES:
        paper.say(name)
    _reader, text = read(paper.bytes())
    for name in NAMES:
        assert name in text


def test_a_script_without_a_font_is_spelt_in_latin_letters_and_the_paper_says_so() -> None:
    with override("en"):
        paper = Paper("Names", AT)
        paper.say("山田 花子")
        _reader, text = read(paper.bytes())
    assert "ShanTian" in text and "spelt here in Latin letters" in text
    assert fonts.written("plain") == ("plain", False)


def test_a_table_longer_than_a_page_repeats_its_heading_and_loses_no_row() -> None:
    paper = Paper("Long", AT)
    paper.table("Rows", ["Place", "Value"], [(f"place {n}", f"value-{n}") for n in range(200)])
    reader, text = read(paper.bytes())
    assert len(reader.pages) > 3
    assert all(f"value-{n}" in text for n in range(200))
    assert all("Place" in page.extract_text() for page in reader.pages)
    assert f"{len(reader.pages)} / {len(reader.pages)}" in text


def test_the_same_content_gives_the_same_bytes() -> None:
    def made() -> bytes:
        paper = Paper("Same", AT, foot="Same")
        paper.title("Same")
        paper.say("Élise")
        return paper.bytes()

    assert made() == made()
