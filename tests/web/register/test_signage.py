"""The terms on signs are DTPR's own, and every one has a drawing."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.terms import PURPOSES
from necmergitur.web.register import drawings, signage, words


@pytest.mark.parametrize("name", sorted(signage.ELEMENTS))
def test_an_element_is_one_of_the_published_taxonomy(name: str, corpus: Path) -> None:
    elements = corpus / "dtpr" / "elements"
    element = signage.ELEMENTS[name]
    for language in ("en", "fr"):
        said = (elements / language / f"{name}.md").read_text(encoding="utf-8")
        assert re.search(rf"^id: {element.id}$", said, re.MULTILINE)
        assert f"device__{element.category}" in said
    english = (elements / "en" / f"{name}.md").read_text(encoding="utf-8")
    stated = re.search(r"^name: '?(.*?)'?$", english, re.MULTILINE)
    assert stated is not None
    with override("en"):
        assert str(element.name) == stated[1].replace("{{duration}}", "").strip()


def test_every_element_has_a_drawing_and_every_drawing_a_use() -> None:
    assert {one.icon for one in signage.ELEMENTS.values()} == set(drawings.STROKES)


def test_every_lawful_purpose_and_modality_has_its_terms_and_words() -> None:
    assert set(signage.PURPOSES) == PURPOSES
    assert set(MODALITIES) <= set(signage.TECHNOLOGIES)
    assert set(MODALITIES) <= set(words.KINDS)


def test_what_is_open_to_all_and_what_leaves_the_city_is_on_the_sign() -> None:
    def shown(readers: tuple[str, ...], days: int) -> set[str]:
        return {signage.identity(one) for one in signage.elements("crowd_count", "crowd_safety", readers, days)}

    inside = shown(("lead",), 0)
    assert "access__available_to_download" not in inside and "retention__no_data_retained" in inside
    assert "access__available_to_download" in shown(("lead", "public"), 30)
    assert "access__available_to_3rd_parties" in shown(("transport_operator",), 30)
