"""What people type, made safe to show: one line, no control characters, no hidden direction, no towers of accents."""

import re
import unicodedata

# Unicode categories that print nothing, or change how what follows is read (UAX #9: overrides, embeddings, isolates).
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT_FORMATS = {"\u200c", "\u200d"}  # joiners that Persian and Indic names are written with (UAX #31, section 2.3)
# Printable, and below the first mark that combines: every character stands alone and is in NFC already.
_PLAIN = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff]*")
MARKS_MAX = 4  # ours: Vietnamese stacks two, Biblical Hebrew three; a tower of accents hides its neighbours
_SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return the text in NFC on one line, without characters that hide or reorder; "" when nothing is left."""
    if _PLAIN.fullmatch(text) is not None:
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif category in _DROPPED and char not in _KEPT_FORMATS:
            continue
        elif category.startswith("M"):
            marks += 1
            if marks <= MARKS_MAX:
                kept.append(char)
            continue
        else:
            kept.append(char)
        marks = 0
    return _SPACES.sub(" ", "".join(kept)).strip().strip("\u200c\u200d").strip()
