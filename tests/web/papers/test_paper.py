"""A paper by itself: letters of many alphabets, tables longer than a page, and nothing of the clock in it."""

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from necmergitur.web.papers import fonts
from necmergitur.web.papers.drawings import Word, drawing
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


def test_no_heading_of_a_table_is_broken_inside_a_word() -> None:
    paper = Paper("Narrow", AT)
    head = ["Usage", "Entendus", "Répétitions", "Fausses alertes par heure d'opérateur", "Reste"]
    paper.table("", head, [("Combien", "4", "0", "0", "une suite de mots")], (0.3, 0.06, 0.06, 0.06, 0.52))
    reader, _text = read(paper.bytes())
    lines = {line.strip() for line in reader.pages[0].extract_text().splitlines()}
    words = {word for line in lines for word in line.split()}
    assert {"Entendus", "Répétitions", "d'opérateur"} <= words


def test_an_address_in_a_table_may_be_broken_and_leaves_the_other_columns_their_room() -> None:
    paper = Paper("Address", AT)
    paper.pairs([("The page", "http://testserver/" + "a-very-long-path/" * 20)])
    assert "The page" in read(paper.bytes())[1]


@pytest.mark.parametrize("lines", range(40, 47))
def test_a_heading_stands_on_the_page_of_what_it_heads(lines: int) -> None:
    plot = drawing("A plot", 100, 40, [Word((0, 20), "PLOT")])
    rows = [("first-cell " * 12, "x")] * 3
    for write, first in (
        (lambda paper: paper.draw(plot, above="ABOVE", below="BELOW"), "PLOT"),
        (lambda paper: paper.table("CAPTION", ["Head of it " * 3, "Value"], rows), "first-cell"),
        (lambda paper: paper.pairs(rows), "first-cell"),
        (lambda paper: paper.say("PARAGRAPH " * 90), "PARAGRAPH"),
    ):
        paper = Paper("Kept", AT)
        for at in range(lines):
            paper.say(f"line {at}")
        paper.heading("HEADING")
        paper.heading("SECOND", 3)
        write(paper)
        reader, _text = read(paper.bytes())
        pages = [page.extract_text() for page in reader.pages]
        on = next(page for page in pages if "HEADING" in page)
        assert "SECOND" in on and first in on
        if first == "PLOT":
            assert "ABOVE" in on and "BELOW" in on
        if "CAPTION" in "".join(pages):
            assert "CAPTION" in on


def test_a_heading_with_nothing_below_it_is_written() -> None:
    paper = Paper("Bare", AT)
    paper.heading("HEADING")
    assert "HEADING" in read(paper.bytes())[1]
