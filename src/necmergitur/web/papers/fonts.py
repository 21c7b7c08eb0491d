"""The fonts of papers: those of the pages, IBM Plex Sans (SIL Open Font Licence), embedded and cut to what is used.

The front end's build lays them in `static/build/fonts`, one file for each range of letters, as the browser wants them.
What no file has is written in Latin letters, and the paper says so.
"""

from functools import cache
from pathlib import Path

from anyascii import anyascii
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parents[1] / "static" / "build" / "fonts"
RANGES = ("latin", "latin-ext", "greek", "cyrillic", "cyrillic-ext", "vietnamese")
WEIGHTS = {"": 400, "B": 600}
# Spaces that French sets and the font lacks, and an arrow.
INSTEAD = {"\N{NARROW NO-BREAK SPACE}": "\N{NO-BREAK SPACE}", "\t": " ", "→": ">", "\N{MINUS SIGN}": "–"}


def path_of(letters: str, style: str) -> Path:
    """Return the file of a range of letters in a weight."""
    return FOLDER / f"ibm-plex-sans-{letters}-{WEIGHTS[style]}-normal.woff2"


@cache
def known(letters: str) -> frozenset[int]:
    """Return the characters a range's file has."""
    with TTFont(path_of(letters, "")) as font:
        return frozenset(font.getBestCmap())


def ranges_of(text: str) -> tuple[str, ...]:
    """Return the ranges a text needs, the Latin one first."""
    left = {ord(one) for one in text} - known("latin")
    found = ["latin"]
    for letters in RANGES[1:]:
        if left & known(letters):
            found.append(letters)
            left -= known(letters)
    return tuple(found)


def written(text: str) -> tuple[str, bool]:
    """Return a text in characters that are there, and whether letters had to be written as Latin ones."""
    found, changed = [], False
    for one in text:
        if one == "\n" or any(ord(one) in known(letters) for letters in RANGES):
            found.append(one)
        elif one in INSTEAD:
            found.append(INSTEAD[one])
        else:
            spelt = anyascii(one)
            changed = changed or (bool(spelt) and one.isalpha())
            found.append(spelt)
    return "".join(found), changed
