"""Links as they stand in an address."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.operations.population.checkins import link_of, text_of, wire_of


@given(st.binary(min_size=16, max_size=16))
def test_a_link_comes_back_from_its_address(link: bytes) -> None:
    assert text_of(link) == base64.urlsafe_b64encode(link).decode().rstrip("=")
    assert wire_of(link) == text_of(link).encode()
    assert link_of(text_of(link)) == link


@given(st.text(max_size=30) | st.text("AQgw-_+/=é \n", min_size=22, max_size=22))
def test_what_is_no_link_is_none_and_what_is_one_is_written_in_one_way_alone(text: str) -> None:
    found = link_of(text)
    if found is not None:
        assert len(found) == 16
        assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize("text", ["", "A" * 21, "A" * 23, "A" * 21 + "=", "A" * 20 + "+A", "A" * 20 + "/A", "é" * 22])
def test_another_alphabet_and_another_length_are_refused(text: str) -> None:
    assert link_of(text) is None
