"""The map of risks: severity upwards, likelihood to the right, each feared event before and after measures."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.governance.pia import GAUGE_MAX, RISKS, Writing, gauges_of
from necmergitur.web.trust import words

CELL, LEFT, TOP = 70, 110, 16
WIDTH = LEFT + CELL * GAUGE_MAX + 16
HEIGHT = TOP + CELL * GAUGE_MAX + 62
# Where three events meet in one square, each keeps its own place in it.
_SHIFT = {"3.2": (-18, -10), "3.3": (0, 12), "3.4": (18, -10)}


def risks(writing: Writing) -> SafeString:
    """Return the map as an inline drawing; the table beside it says the same in words."""
    squares = format_html_join(
        "",
        '<rect class="risk__square risk__square--{}" x="{}" y="{}" width="{}" height="{}"/>',
        (
            (_level(severity, likelihood), _x(likelihood) - CELL // 2, _y(severity) - CELL // 2, CELL, CELL)
            for severity in range(1, GAUGE_MAX + 1)
            for likelihood in range(1, GAUGE_MAX + 1)
        ),
    )
    axes = format_html_join(
        "",
        '<text class="risk__axis" x="{}" y="{}" text-anchor="{}">{}</text>',
        [
            *((LEFT - 8, _y(n) + 4, "end", words.GAUGES[str(n)]) for n in range(1, GAUGE_MAX + 1)),
            *((_x(n), HEIGHT - 36, "middle", words.GAUGES[str(n)]) for n in range(1, GAUGE_MAX + 1)),
            (LEFT + CELL * 2, HEIGHT - 10, "middle", _("Likelihood →")),
            (4, TOP + 6, "start", _("Severity ↑")),
        ],
    )
    marks = format_html_join("", "{}", ((_mark(writing, ref),) for ref in RISKS))
    return format_html(
        '<svg class="risk" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDTH,
        HEIGHT,
        _("Map of risks: the table below says the same in words"),
        squares,
        axes,
        marks,
    )


def table(writing: Writing) -> list[dict[str, str]]:
    """Return each feared event with its severity and likelihood, before and after, in words."""
    told = []
    for number, ref in enumerate(RISKS, 1):
        severity, likelihood = gauges_of(ref)
        judged = writing.evaluation(ref)
        told.append(
            {
                "number": str(number),
                "name": str(words.ITEMS[ref]),
                "severity": str(words.GAUGES[str(writing.answer(severity).gauge)]),
                "likelihood": str(words.GAUGES[str(writing.answer(likelihood).gauge)]),
                "severity_left": str(words.GAUGES[str(judged.severity)]),
                "likelihood_left": str(words.GAUGES[str(judged.likelihood)]),
            }
        )
    return told


def _mark(writing: Writing, ref: str) -> SafeString:
    severity, likelihood = (writing.answer(each).gauge for each in gauges_of(ref))
    judged = writing.evaluation(ref)
    number = RISKS.index(ref) + 1
    dx, dy = _SHIFT[ref]
    before = (_x(likelihood) + dx, _y(severity) + dy) if severity and likelihood else None
    after = (_x(judged.likelihood) + dx, _y(judged.severity) + dy) if judged.severity and judged.likelihood else None
    parts = []
    if before and after and before != after:
        parts.append(format_html('<path class="risk__way" d="M{} {}L{} {}"/>', *before, *after))
    if before:
        parts.append(_dot("before", number, *before))
    if after:
        parts.append(_dot("after", number, *after))
    return format_html_join("", "{}", ((part,) for part in parts))


def _dot(kind: str, number: int, x: int, y: int) -> SafeString:
    return format_html(
        '<circle class="risk__dot risk__dot--{0}" cx="{1}" cy="{2}" r="11"/>'
        '<text class="risk__number risk__number--{0}" x="{1}" y="{3}" text-anchor="middle">{4}</text>',
        kind,
        x,
        y,
        y + 4,
        number,
    )


def _level(severity: int, likelihood: int) -> str:
    lowest = min(severity, likelihood)
    return "high" if lowest >= 3 else "middle" if lowest == 2 or max(severity, likelihood) == GAUGE_MAX else "low"


def _x(likelihood: int) -> int:
    return LEFT + CELL * likelihood - CELL // 2


def _y(severity: int) -> int:
    return TOP + CELL * (GAUGE_MAX - severity) + CELL // 2
