"""Rules every page of the programme keeps, read off its templates: what the eye of one reviewer cannot hold."""

import re
from pathlib import Path

import pytest

from necmergitur import web

ROOMS = ("programme", "watch", "hackathon", "incubation", "network", "trials", "commons", "papers", "letters")
TEMPLATES = [one for room in ROOMS for one in sorted((Path(web.__file__).parent / room / "templates").rglob("*.html"))]
TRANSLATED = r"""\{%% translate %s([^'"]+)%s( context %s[^'"]+%s)? %%\}"""
CELL = re.compile(r'<td class="num" data-label="' + TRANSLATED % (("'",) * 4) + '"')
HEADING = '<th scope="col" class="num">{{% translate "{0}"{1} %}}</th>'
# A colon after something that is filled in has no space before it in French; the tag `said` writes both languages'.
COLON = re.compile(r"(%\}|\}\}|</(?:strong|a|span)>): ")


def headless(text: str) -> list[str]:
    """Return the labels of numeric cells that stand under a heading of words."""
    return [
        label
        for table in re.findall(r"<table.*?</table>", text, re.DOTALL)
        for label, context in CELL.findall(table)
        if HEADING.format(label, context.replace("'", '"')) not in table
    ]


def colons(text: str) -> list[str]:
    """Return what a colon was typed after, outside of words that are translated as a whole."""
    bare = re.sub(r"\{% blocktranslate.*?\{% endblocktranslate %\}", "%}", text, flags=re.DOTALL)
    return [bare[max(0, one.start() - 40) : one.end()] for one in COLON.finditer(bare)]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_number_stands_under_a_heading_of_numbers_and_no_colon_is_typed_for_one_language(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert headless(text) == []
    assert colons(text) == []


def test_a_planted_heading_and_a_planted_colon_are_found() -> None:
    cell = (
        """<table><th scope="col">{% translate "Votes" %}</th><td class="num" data-label="{% translate 'Votes' %}">"""
    )
    assert headless(f"{cell}</table>") == ["Votes"]
    assert colons("{{ each.title }}: {{ each.reason }}") == ["{{ each.title }}: "]
    assert colons("{% blocktranslate %}Table {{ n }}: {{ what }}{% endblocktranslate %}") == []
