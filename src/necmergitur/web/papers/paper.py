"""A paper: titles, paragraphs, pairs, tables and drawings, set on A4 pages with real, embedded, tagged text.

The same content at the same date gives the same bytes: nothing of the clock or of chance is in them, so whoever makes
the file again from the record may compare hashes.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf.enums import MethodReturnValue
from fpdf.prefs import ViewerPreferences

from necmergitur.web.papers import fonts
from necmergitur.web.papers.drawings import Box, Dot, Drawing, Line, Word
from necmergitur.web.papers.tags import Tagged

MARGIN_MM, FOOT_MM = 18.0, 20.0
SIZES = {"title": 20.0, "H2": 14.0, "H3": 11.5, "P": 10.0, "small": 8.5, "TD": 8.5}
LINE = 1.35  # of the size: how far lines stand apart
MM = 25.4 / 72  # of a point
PAD_MM = 1.6
WORD_MAX = 24  # ours: longer than any word of a heading; what is longer is an address or a hash, and may be broken
DIGEST = re.compile(r"[0-9a-f]{32,}")  # of a hash: no letter of it stands alone on a line
TEXT, GREY, PALE = (24, 28, 36), (90, 96, 108), (208, 212, 220)
# How shapes look on paper: the ink of their line, whether they are filled, the line's width, its dashes.
INKS: dict[str, tuple[tuple[int, int, int], bool, float, tuple[float, float] | None]] = {
    "odds__bound": (TEXT, False, 0.2, (1.0, 1.0)),
    "odds__zero": (GREY, False, 0.15, (0.3, 1.2)),
    "odds__line": (TEXT, False, 0.4, None),
    "odds__now": (TEXT, True, 0.2, None),
    "share__dot": (TEXT, True, 0.2, None),
    "share__whole": (PALE, False, 0.3, None),
    "share__span": (TEXT, False, 0.7, None),
    "seen--there": (PALE, True, 0.1, None),
    "seen--not": (TEXT, False, 0.2, None),
    "advice": (TEXT, False, 0.2, None),
    "advice advice--alarm": (TEXT, True, 0.2, None),
}
Align = Literal["L", "R", "C"]


class Paper:
    """One document, being written from top to bottom."""

    def __init__(
        self, title: str, at: datetime, *, foot: str = "", orientation: Literal["portrait", "landscape"] = "portrait"
    ) -> None:
        """`at`: the date of what it says, which is the file's; `foot`: what stands below every page."""
        self._spelt = False
        self._held: list[tuple[str, int]] = []
        pdf = self._pdf = Tagged(orientation)
        pdf.set_creation_date(at)
        pdf.set_lang(get_language() or "en")
        pdf.set_title(title)
        pdf.set_creator("Nec Mergitur")
        pdf.set_producer("Nec Mergitur")
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        pdf.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        pdf.set_auto_page_break(auto=False)
        pdf.c_margin = 0
        self._families: tuple[str, ...] = ()
        self._take(title)
        self._foot = foot
        self._new_page()

    # --- what it is made of --------------------------------------------------------------------------------------

    def title(self, text: str, *, align: Align = "L", level: Literal[1, 2] = 1) -> None:
        """Write the title, or what stands as large below it."""
        self._block(f"H{level}", text, "title", bold=True, align=align, after=3.0)

    def heading(self, text: str, level: Literal[2, 3] = 2) -> None:
        """Begin a part; it is in the outline, and on the page on which what follows it begins."""
        self._held.append((text, level))

    def say(self, text: str, *, bold: bool = False, small: bool = False, align: Align = "L") -> None:
        """Write a paragraph, or several."""
        for one in text.splitlines():
            if one.strip():
                self._block("P", one, "small" if small else "P", bold=bold, align=align, after=1.5)

    def gap(self, height_mm: float) -> None:
        """Leave room, at the top of a page too."""
        self._begin(0.0)
        self._pdf.set_y(self._pdf.y + height_mm)

    def pairs(self, rows: Sequence[tuple[object, object]]) -> None:
        """Write names with their values, in two columns."""
        self._table(None, [(str(name), str(value)) for name, value in rows], (0.36, 0.64), ruled=False)

    def table(
        self, caption: str, head: Sequence[object], rows: Sequence[Sequence[object]], widths: Sequence[float] = ()
    ) -> None:
        """Write a table with its heading, which every page repeats; `widths` are shares of the page's."""
        shares = tuple(widths) or tuple(1 / len(head) for _one in head)
        heads, cells = [str(one) for one in head], [tuple(str(one) for one in row) for row in rows]
        if caption:
            first = self._first(heads, cells, self._widths([heads, *cells], shares, heads=1))
            self._block("P", caption, "P", bold=True, after=1.0, keep=first)
        self._table(heads, cells, shares, ruled=True)

    def draw(self, drawing: Drawing, *, above: str = "", below: str = "") -> None:
        """Draw as wide as the page; the words of a drawing are read as its description.

        `above` and `below`: paragraphs about it, the second a small one, that stay on its page.
        """
        pdf = self._pdf
        scale = pdf.epw / drawing.width
        tall = drawing.height * scale + 2
        under = self._tall(below, "small", 1.5)
        if above:
            self._block("P", above, "P", after=1.5, keep=tall + under)
        self._begin(tall + under)
        left, top = pdf.l_margin, pdf.y
        with pdf.content("Figure", self._plain(drawing.said)):
            for shape in drawing.shapes:
                self._shape(shape, left, top, scale)
        pdf.set_y(top + tall)
        if below:
            self.say(below, small=True)

    def link(self, text: str, address: str) -> None:
        """Write a small paragraph that leads to an address."""
        self._begin(self._tall(text, "small", 1.5))
        top, page = self._pdf.y, self._pdf.page
        self.say(text, small=True)
        if self._pdf.page == page:
            self._pdf.link(self._pdf.l_margin, top, self._pdf.epw, self._pdf.y - top, address)

    def next_page(self) -> None:
        """Go on on a new page."""
        self._begin(0.0)
        self._new_page()

    def bytes(self) -> bytes:
        """Return the file."""
        self._begin(0.0)
        if self._spelt:
            self.say(_("Names in other scripts are spelt here in Latin letters."), small=True)
        self._number_pages()
        return bytes(self._pdf.output())

    # --- how it is set ---------------------------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        """Add the fonts that a text needs and that are not there yet."""
        wanted = fonts.ranges_of(text)
        fresh = [one for one in wanted if one not in self._families]
        for one in fresh:
            for style in fonts.WEIGHTS:
                self._pdf.add_font(one, style, fonts.path_of(one, style))
        if fresh:
            self._families = (*self._families, *fresh)
            self._pdf.set_fallback_fonts(self._families[1:], exact_match=True)

    def _plain(self, text: object) -> str:
        found, spelt = fonts.written(str(text))
        self._spelt = self._spelt or spelt
        self._take(found)
        return found

    def _font(self, size: str, *, bold: bool = False) -> float:
        self._pdf.set_font("latin", "B" if bold else "", SIZES[size])
        return SIZES[size] * LINE * MM

    def _lines(self, text: str, width: float) -> list[str]:
        found = self._pdf.multi_cell(width, 4, text, dry_run=True, output=MethodReturnValue.LINES, align="L")
        assert isinstance(found, list)
        if len(found) > 1 and DIGEST.fullmatch(text):
            size = -(-len(text) // len(found))
            return [text[at : at + size] for at in range(0, len(text), size)]
        return [str(one) for one in found] or [""]

    def _new_page(self) -> None:
        self._pdf.add_page()
        self._pdf.set_text_color(*TEXT)

    def _gap(self, height: float) -> None:
        if self._pdf.y > self._pdf.t_margin:
            self._pdf.set_y(self._pdf.y + height)

    def _room(self, height: float) -> bool:
        """Go to the next page unless so much is left; return whether that was needed."""
        if self._pdf.y + height <= self._pdf.h - FOOT_MM or self._pdf.y <= self._pdf.t_margin:
            return False
        self._new_page()
        return True

    def _tall(self, text: str, size: str, after: float, *, bold: bool = False) -> float:
        """Return how high a paragraph is, with what is left after it."""
        if not text:
            return 0.0
        plain, high = self._plain(text), self._font(size, bold=bold)
        return len(self._lines(plain, self._pdf.epw)) * high + after

    def _begin(self, height: float) -> None:
        """Make room for what begins now, so high, and write the headings that wait for it above it."""
        held, self._held = self._held, []
        parts = [(text, level, 4.0 if level == 2 else 2.5, "H2" if level == 2 else "H3") for text, level in held]
        self._room(sum(gap + self._tall(text, kind, 1.5, bold=True) for text, _level, gap, kind in parts) + height)
        for text, level, gap, kind in parts:
            self._gap(gap)
            self._pdf.start_section(self._plain(text), level - 2, strict=False)
            self._write(kind, text, kind, bold=True, after=1.5)

    def _block(
        self, kind: str, text: str, size: str, *, bold: bool = False, align: Align = "L", after: float = 0.0,
        keep: float = 0.0,
    ) -> None:  # fmt: skip
        """Write a paragraph with the headings above it, on one page with the next `keep` millimetres."""
        self._begin(min(self._tall(text, size, after, bold=bold), self._pdf.h / 2) + keep)
        self._write(kind, text, size, bold=bold, align=align, after=after)

    def _write(
        self, kind: str, text: str, size: str, *, bold: bool = False, align: Align = "L", after: float = 0.0
    ) -> None:
        pdf, plain = self._pdf, self._plain(text)
        high = self._font(size, bold=bold)
        lines = self._lines(plain, pdf.epw)
        while lines:
            fit = max(1, int((pdf.h - FOOT_MM - pdf.y) / high))
            with pdf.content(kind):
                for line in lines[:fit]:
                    pdf.cell(pdf.epw, high, line, align=align, new_x="LMARGIN", new_y="NEXT")
            lines = lines[fit:]
            if lines:
                self._new_page()
        pdf.set_y(pdf.y + after)

    def _table(
        self, head: Sequence[str] | None, rows: Sequence[tuple[str, ...]], shares: Sequence[float], *, ruled: bool
    ) -> None:
        pdf = self._pdf
        widths = self._widths([*([] if head is None else [head]), *rows], shares, heads=int(head is not None))
        self._begin(self._first(head, rows, widths))
        with pdf.element("Table"):
            if head is not None:
                self._row(head, widths, heads=len(head), ruled=ruled)
            for row in rows:
                if self._room(self._height(row, widths, heads=1)) and head is not None:
                    with pdf.aside():
                        self._row(head, widths, heads=0, ruled=ruled, tagged=False)
                self._row(row, widths, heads=1, ruled=ruled)
        pdf.set_y(pdf.y + 2)

    def _widths(self, rows: Sequence[Sequence[str]], shares: Sequence[float], *, heads: int) -> list[float]:
        """Return how wide columns are: their shares, but none narrower than its longest word while others have room."""
        wide = self._pdf.epw
        asked = [wide * share for share in shares]
        least = [0.0] * len(asked)
        for at, row in enumerate(rows):
            for place, one in enumerate(row):
                self._font("TD", bold=at < heads or place == 0)
                words = [word for word in self._plain(one).split(" ") if len(word) <= WORD_MAX]
                widest = max((self._pdf.get_string_width(word) for word in words), default=0.0)
                least[place] = max(least[place], widest + PAD_MM + 0.1)  # and never by a rounding
        free = sum(max(0.0, one - low) for one, low in zip(asked, least, strict=True))
        short = sum(max(0.0, low - one) for one, low in zip(asked, least, strict=True))
        if short == 0:
            return asked
        kept = max(0.0, 1 - short / free) if free else 0.0
        found = [low + max(0.0, one - low) * kept for one, low in zip(asked, least, strict=True)]
        return [one * wide / sum(found) for one in found]

    def _first(self, head: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> float:
        """Return how high the heading of a table is with its first row, which stand together."""
        height = 0.0 if head is None else self._height(head, widths, heads=len(head))
        return height + (self._height(rows[0], widths, heads=1) if rows else 0.0)

    def _height(self, row: Sequence[str], widths: Sequence[float], *, heads: int) -> float:
        """Return how high a row is whose first `heads` cells are headings."""
        most = 1
        for place, (one, width) in enumerate(zip(row, widths, strict=True)):
            self._font("TD", bold=place < heads)
            most = max(most, len(self._lines(self._plain(one), width - PAD_MM)))
        return most * SIZES["TD"] * LINE * MM + PAD_MM

    def _row(
        self, row: Sequence[str], widths: Sequence[float], *, heads: int, ruled: bool, tagged: bool = True
    ) -> None:
        """Write a row whose first `heads` cells are headings. Untagged, all of it is a heading repeated."""
        pdf, top = self._pdf, self._pdf.y
        height = self._height(row, widths, heads=heads if tagged else len(row))
        self._row_cells(row, widths, top, heads=heads, tagged=tagged)
        if ruled and not tagged:
            self._rule(top + height)
        elif ruled:
            with pdf.aside():
                self._rule(top + height)
        pdf.set_y(top + height)

    def _row_cells(self, row: Sequence[str], widths: Sequence[float], top: float, *, heads: int, tagged: bool) -> None:
        pdf, left = self._pdf, self._pdf.l_margin
        if not tagged:
            for one, width in zip(row, widths, strict=True):
                self._cell(one, left, top, width, bold=True)
                left += width
            return
        with pdf.element("TR"):
            for place, (one, width) in enumerate(zip(row, widths, strict=True)):
                with pdf.content("TH" if place < heads else "TD"):
                    self._cell(one, left, top, width, bold=place < heads)
                left += width

    def _cell(self, text: str, left: float, top: float, width: float, *, bold: bool) -> None:
        high = self._font("TD", bold=bold)
        for place, line in enumerate(self._lines(self._plain(text), width - PAD_MM)):
            self._pdf.set_xy(left, top + PAD_MM / 2 + place * high)
            self._pdf.cell(width - PAD_MM, high, line)

    def _rule(self, y: float) -> None:
        pdf = self._pdf
        pdf.set_draw_color(*PALE)
        pdf.set_line_width(0.2)
        pdf.line(pdf.l_margin, y, pdf.l_margin + pdf.epw, y)

    def _shape(self, shape: Line | Dot | Box | Word, left: float, top: float, scale: float) -> None:
        pdf = self._pdf
        if isinstance(shape, Word):
            self._font("small")
            text = self._plain(shape.text)
            wide = pdf.get_string_width(text) * {"start": 0.0, "middle": 0.5, "end": 1.0}[shape.anchor]
            pdf.text(left + shape.at[0] * scale - wide, top + shape.at[1] * scale, text)
            return
        ink, filled, width, dashes = INKS[shape.kind]
        pdf.set_draw_color(*ink)
        pdf.set_fill_color(*ink)
        pdf.set_line_width(width)
        pdf.set_dash_pattern(*(dashes or (0, 0)))
        style: Literal["DF", "D"] = "DF" if filled else "D"
        if isinstance(shape, Line) and len(shape.points) > 1:
            pdf.polyline([(left + x * scale, top + y * scale) for x, y in shape.points])
        elif isinstance(shape, Dot):
            pdf.circle(left + shape.at[0] * scale, top + shape.at[1] * scale, shape.radius * scale, style=style)
        elif isinstance(shape, Box):
            x, y = shape.at
            pdf.rect(left + x * scale, top + y * scale, shape.width * scale, shape.height * scale, style=style)
        pdf.set_dash_pattern()

    def _number_pages(self) -> None:
        pdf, last = self._pdf, self._pdf.page
        for page in range(1, last + 1):
            pdf.page = page
            with pdf.aside():
                self._font("P")  # another size first: the page does not know which one is set
                high = self._font("small")
                pdf.set_text_color(*GREY)
                pdf.set_xy(pdf.l_margin, pdf.h - FOOT_MM + 6)
                pdf.cell(pdf.epw * 0.8, high, self._plain(self._foot))
                pdf.cell(pdf.epw * 0.2, high, f"{page} / {last}", align="R")
