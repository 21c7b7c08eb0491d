"""The palette, by computation: contrast of every pair in use (WCAG 2.2), and states told apart without colour.

Formulas: WCAG 2.2 relative luminance; deuteranopia after Machado, Oliveira & Fernandes 2009 (severity 1.0);
colour difference CIE 1976 on L*a*b*.
"""

import re
from itertools import combinations
from pathlib import Path

import pytest

from necmergitur.web import messages
from necmergitur.web.portal.templatetags.nec import STATES

CSS = messages.HERE / "static" / "css"
# Every sheet we write, those of the islands too.
SHEETS = sorted(
    [
        *CSS.glob("*.css"),
        *messages.HERE.glob("*/static/*/*.css"),
        *(Path(__file__).parents[2] / "ui" / "src" / "styles").glob("*.css"),
    ]
)
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
COLOURED = ("critical", "serious", "attention", "ours", "resolved", "exercise")
GROUNDS = ("grey-1", "grey-2", "grey-3", "grey-4")
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
TEXT_MIN = 4.5
SHAPE_MIN = 3.0
# Smallest CIE 1976 difference read as "another colour" at the size of a mark (about ten just-noticeable steps).
APART_MIN = 20.0


def palette(theme: str) -> dict[str, str]:
    light = re.search(r':root,\s*\[data-theme="light"\]\s*{(.*?)}', TOKENS, re.DOTALL)
    dark = re.search(r'\[data-theme="dark"\]\s*{(.*?)}', TOKENS, re.DOTALL)
    assert light is not None
    assert dark is not None
    chosen = light if theme == "light" else dark
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", chosen[1]))


def channels(colour: str) -> tuple[float, float, float]:
    """Return linear-light red, green and blue in 0..1."""
    raw = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in raw]
    return linear[0], linear[1], linear[2]


def luminance(colour: str) -> float:
    red, green, blue = channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = (min(max(value, 0.0), 1.0) for value in rgb)
    xyz = (
        (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047,
        0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
        (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883,
    )
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour: str, eyes: str) -> tuple[float, float, float]:
    """Return L*a*b* of a colour for usual eyes, without the green cones, or without any colour."""
    rgb = channels(colour)
    if eyes == "deuteranopia":
        mixed = [sum(weight * value for weight, value in zip(row, rgb, strict=True)) for row in DEUTERANOPIA]
        rgb = (mixed[0], mixed[1], mixed[2])
    elif eyes == "achromatopsia":
        grey = luminance(colour)
        rgb = (grey, grey, grey)
    return lab(rgb)


def difference(one: str, other: str, eyes: str) -> float:
    pairs = zip(seen(one, eyes), seen(other, eyes), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_define_the_same_tokens(theme: str) -> None:
    assert set(palette(theme)) == set(palette("light"))
    assert [f"grey-{step}" for step in range(1, 13)] == [name for name in palette(theme) if name.startswith("grey-")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_reaches_4_5_on_every_ground_it_stands_on(theme: str) -> None:
    colours = palette(theme)
    pairs = [(text, ground) for text in ("grey-12", "grey-11", "grey-10") for ground in GROUNDS]
    pairs += [
        (f"{state}-ink", ground) for state in COLOURED for ground in ("grey-1", "grey-2", "grey-3", f"{state}-surface")
    ]
    pairs += [("grey-12", f"{state}-surface") for state in COLOURED]
    pairs += [(f"{state}-on", state) for state in COLOURED]
    pairs += [("critical-on", "critical-ink"), ("grey-1", "grey-12"), ("grey-1", "grey-11")]
    pairs += [("link", ground) for ground in ("grey-1", "grey-2", "grey-3")]
    pairs += [("grey-9", "grey-1"), ("grey-9", "grey-2"), ("grey-9", "grey-3")]
    low = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: value for pair, value in low.items() if value < TEXT_MIN} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shapes_edges_and_focus_reach_3_on_every_ground(theme: str) -> None:
    colours = palette(theme)
    pairs = [(mark, ground) for mark in (*COLOURED, "grey-8", "focus") for ground in ("grey-1", "grey-2", "grey-3")]
    pairs += [(state, f"{state}-surface") for state in COLOURED]
    low = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: value for pair, value in low.items() if value < SHAPE_MIN} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_usual_eyes_tell_every_state_from_every_other(theme: str) -> None:
    colours = palette(theme)
    close = {
        pair: round(difference(colours[pair[0]], colours[pair[1]], "usual"), 1) for pair in combinations(COLOURED, 2)
    }
    assert {pair: value for pair, value in close.items() if value < APART_MIN} == {}


@pytest.mark.parametrize("eyes", ["deuteranopia", "achromatopsia"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_states_that_colour_cannot_tell_apart_differ_in_shape_and_word(theme: str, eyes: str) -> None:
    colours = palette(theme)
    confused = [
        (one, other)
        for one, other in combinations([name for name in COLOURED if name != "exercise"], 2)
        if difference(colours[one], colours[other], eyes) < APART_MIN
    ]
    if eyes == "achromatopsia":
        assert confused, "without any colour some must meet: this proves the simulation bites"
    for one, other in confused:
        assert STATES[one][0] != STATES[other][0]
        assert str(STATES[one][1]) != str(STATES[other][1])


def test_every_state_has_its_own_shape_and_word() -> None:
    assert len({shape for shape, _word in STATES.values()}) == len(STATES)
    assert len({str(word) for _shape, word in STATES.values()}) == len(STATES)


def test_a_planted_pale_text_is_caught() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") < TEXT_MIN


def test_no_stylesheet_but_the_tokens_names_a_colour() -> None:
    raw = re.compile(r"#[0-9a-fA-F]{3,8}\b(?!\s*{)|\brgba?\(|\bhsla?\(|\boklch\(")
    found = {
        path.name: hits
        for path in SHEETS
        if path.name not in {"tokens.css", "print.css"} and (hits := raw.findall(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_text_is_smaller_than_12_px(path: Path) -> None:
    sizes = re.findall(r"(?:--text-\d|font-size):\s*([\d.]+)(rem|px)", path.read_text(encoding="utf-8"))
    assert [size for size, unit in sizes if float(size) * (16 if unit == "rem" else 1) < 12] == []


def test_a_gloved_thumb_finds_every_target_of_the_field_pages() -> None:
    field = re.search(r'\[data-density="field"\]\s*{(.*?)}', TOKENS, re.DOTALL)
    assert field is not None
    target = re.search(r"--target:\s*([\d.]+)rem", field[1])
    assert target is not None
    assert float(target[1]) * 16 >= 56
    sheets = [path for path in SHEETS if path.name == "field.css"]
    heights = [each for path in sheets for each in re.findall(r"min-height:\s*([^;]+);", path.read_text("utf-8"))]
    assert heights
    assert [each for each in heights if each != "var(--target)" and not re.match(r"(3\.[5-9]|[4-9]|\d\d)", each)] == []
