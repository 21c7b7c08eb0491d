"""Drawings as shapes, so that a page and a paper draw the same: inline SVG here, vectors of a PDF in `paper`.

A shape is named for what it means; the page's style sheet and the paper's table of inks say how that looks.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


class Line(msgspec.Struct, frozen=True):
    """A line through points."""

    kind: str
    points: tuple[Point, ...]

    def svg(self) -> SafeString:
        """Return it as SVG."""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)
        return format_html('<polyline class="{}" points="{}"/>', self.kind, points)


class Dot(msgspec.Struct, frozen=True):
    """A circle."""

    kind: str
    at: Point
    radius: float

    def svg(self) -> SafeString:
        """Return it as SVG."""
        x, y = self.at
        return format_html(
            '<circle class="{}" cx="{}" cy="{}" r="{}"/>', self.kind, f"{x:.1f}", f"{y:.1f}", self.radius
        )


class Box(msgspec.Struct, frozen=True):
    """A rectangle by its upper left corner."""

    kind: str
    at: Point
    width: float
    height: float

    def svg(self) -> SafeString:
        """Return it as SVG."""
        numbers = [f"{one:.1f}" for one in (*self.at, self.width, self.height)]
        return format_html('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', self.kind, *numbers)


class Word(msgspec.Struct, frozen=True):
    """Words at a point of their base line."""

    at: Point
    text: str
    anchor: Anchor = "start"

    def svg(self) -> SafeString:
        """Return it as SVG."""
        x, y = self.at
        shape = '<text class="odds__word" x="{}" y="{}" text-anchor="{}">{}</text>'
        return format_html(shape, f"{x:.1f}", f"{y:.1f}", self.anchor, self.text)


Shape = Line | Dot | Box | Word


class Drawing(msgspec.Struct, frozen=True):
    """Shapes on a sheet of `width` by `height`, and the same said in words. A template that writes it writes SVG."""

    said: str
    width: float
    height: float
    shapes: tuple[Shape, ...]

    def __html__(self) -> SafeString:
        return format_html(
            '<svg class="odds" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
            f"{self.width:g}",
            f"{self.height:g}",
            self.said,
            format_html_join("", "{}", ((shape.svg(),) for shape in self.shapes)),
        )

    def __str__(self) -> str:
        return self.__html__()


def drawing(said: str, width: float, height: float, shapes: Iterable[Shape]) -> Drawing:
    """Return a drawing."""
    return Drawing(said, width, height, tuple(shapes))
