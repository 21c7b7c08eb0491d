"""A PDF whose structure is told: headings, paragraphs, tables and figures, so that a screen reader reads a paper.

The library tags figures alone and leaves its tree's builder to itself ("not part of the public API"). The version is
locked, and a test reads the tree back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from fpdf import FPDF
from fpdf.structure_tree import StructElem, StructureTreeBuilder
from fpdf.syntax import PDFObject


class _Tree(StructureTreeBuilder):
    """A tree of more than one level."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[StructElem] = [self.doc_struct_elem]
        self._inner: list[StructElem] = []
        self._marks: dict[int, int] = {}

    def open(self, kind: str, page: int, said: str | None) -> StructElem:
        """Add an element to the innermost open one."""
        made = StructElem(f"/{kind}", self.within[-1], [], page, alt=said)
        self.within[-1].k.append(made)
        if self.within[-1] is not self.doc_struct_elem:
            self._inner.append(made)
        return made

    def mark(self, of: StructElem, page: int) -> int:
        """Return the number under which a page's content belongs to an element."""
        number = self._marks.get(page, 0)
        self._marks[page] = number + 1
        of.k.append(number)
        place = self.spid_per_page_number.setdefault(page, len(self.spid_per_page_number))
        self.struct_tree_root.parent_tree.nums[place].append(of)
        return number

    def __iter__(self) -> Iterator[PDFObject]:
        yield from super().__iter__()
        yield from self._inner


class Tagged(FPDF):
    """A document in which every text belongs to an element, or to none that is read (`aside`)."""

    def __init__(self, orientation: str) -> None:
        """`orientation`: "portrait" or "landscape", A4 both."""
        super().__init__(orientation=orientation, unit="mm", format="A4")  # type: ignore[arg-type]
        self._tree = _Tree()
        self.struct_builder = self._tree

    @contextmanager
    def element(self, kind: str) -> Iterator[None]:
        """Open an element that holds others: a table, its rows."""
        made = self._tree.open(kind, self.page, None)
        self._tree.within.append(made)
        yield
        self._tree.within.remove(made)

    @contextmanager
    def content(self, kind: str, said: str | None = None) -> Iterator[None]:
        """Write what belongs to one element, on one page; `said`: what a reader hears instead of looking."""
        made = self._tree.open(kind, self.page, said)
        made.pg = self.pages[self.page]  # type: ignore[assignment]
        number = self._tree.mark(made, self.page)
        self.pages[self.page].struct_parents = self._tree.spid_per_page_number[self.page]
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Write what is not read aloud: rules, page numbers, a heading repeated on the next page."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")
