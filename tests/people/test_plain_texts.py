"""The short way of reading a line says what the long one says."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from necmergitur.people import texts


@given(st.text(max_size=20) | st.text(st.characters(max_codepoint=0x2FF), max_size=20))
def test_what_is_plain_is_printable_in_its_composed_form_and_carries_no_mark(text: str) -> None:
    if texts._PLAIN.fullmatch(text) is None:
        return
    assert text.isprintable()
    assert unicodedata.normalize("NFC", text) == text
    assert not any(unicodedata.category(char).startswith(("M", "C")) for char in text)


@given(st.text(max_size=20))
def test_a_line_read_twice_is_the_same(text: str) -> None:
    once = texts.one_line(text)
    assert texts.one_line(once) == once
