"""The plot of opinion groups: a circle each, larger for more people, nearer for nearer opinions. No person is a dot."""

from collections.abc import Sequence
from math import sqrt

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.governance.opinion import Group

WIDTH, HEIGHT = 360, 240
RADIUS_MIN, RADIUS_MAX = 20, 56


def plot(groups: Sequence[Group]) -> SafeString:
    """Return the drawing as SVG that says in words what it shows."""
    radii = _radii(groups)
    places = _places(groups, radii)
    circles = format_html_join(
        "",
        '<circle class="plot__group" cx="{0}" cy="{1}" r="{2}"/>'
        '<text class="plot__letter" x="{0}" y="{1}" dy="-0.1em">{3}</text>'
        '<text class="plot__size" x="{0}" y="{1}" dy="1.1em">{4}</text>',
        [
            (f"{x:.1f}", f"{y:.1f}", f"{r:.1f}", g.letter, g.size)
            for (x, y), r, g in zip(places, radii, groups, strict=True)
        ],
    )
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        said(groups),
        circles,
    )


def said(groups: Sequence[Group]) -> str:
    """Return the plot in words: how many people in each, and which two are nearest and furthest."""
    parts = [_("Group %(letter)s: %(size)d people") % {"letter": g.letter, "size": g.size} for g in groups]
    if len(groups) > 2:
        pairs = sorted(
            (sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2), a.letter, b.letter)
            for at, a in enumerate(groups)
            for b in groups[at + 1 :]
        )
        near, far = pairs[0], pairs[-1]
        parts.append(_("nearest in opinion: %(a)s and %(b)s") % {"a": near[1], "b": near[2]})
        parts.append(_("furthest apart: %(a)s and %(b)s") % {"a": far[1], "b": far[2]})
    return ". ".join(parts) + "."


def _radii(groups: Sequence[Group]) -> list[float]:
    """Return radii whose areas grow with the groups, none too small to hold its letter."""
    largest = max(group.size for group in groups)
    return [max(RADIUS_MIN, RADIUS_MAX * sqrt(group.size / largest)) for group in groups]


def _places(groups: Sequence[Group], radii: Sequence[float]) -> list[tuple[float, float]]:
    """Return where circles go: one scale for both axes, so that distances compare, and none outside the frame."""
    room = max(radii) + 2
    left, right = min(g.x for g in groups), max(g.x for g in groups)
    low, high = min(g.y for g in groups), max(g.y for g in groups)
    scale = min((WIDTH - 2 * room) / ((right - left) or 1), (HEIGHT - 2 * room) / ((high - low) or 1))
    return [
        (WIDTH / 2 + (g.x - (left + right) / 2) * scale, HEIGHT / 2 - (g.y - (low + high) / 2) * scale) for g in groups
    ]
