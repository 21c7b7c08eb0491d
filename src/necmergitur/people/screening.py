"""Texts between strangers, before they are shown: telephone numbers, addresses, door codes and links are covered.

What is covered is what lets one find the other outside the relay. It is a screen, not a proof: whoever spells a number
out in riddles gets it through, and everybody is told never to follow one.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers

from necmergitur.people.texts import one_line

COVER = "•••"
_WAY = (
    r"rue|r\.|avenue|av\.?|ave|boulevard|bld|blvd|bd\.?|place|pl\.|impasse|imp\.|all[ée]es?|quai|passage|cours|square|sq\."
    r"|chemin|ch\.|villa|cit[ée]|faubourg|fbg|fg|route|rte|rond[- ]point|esplanade|parvis|sentier|ruelle|r[ée]sidence"
)
_ROAD = r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|square|sq|court|ct|terrace|close|way"
_DIGIT_WORDS = (
    r"z[ée]ro|un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente"
    r"|quarante|cinquante|soixante|zero|oh|one|two|three|four|five|seven|eight|nine|ten"
)
_PATTERNS = {
    "email": (
        re.compile(
            r"[\w.+-]+\s*(?:@|\(at\)|\[at\]|\barobase\b)\s*[\w-]+(?:\s*(?:\.|\bpoint\b|\bdot\b)\s*[\w-]+)+",
            re.IGNORECASE,
        ),
    ),
    "link": (
        re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE),
        re.compile(r"\b[\w-]+\.(?:com|org|net|fr|me|io|eu|gl|ly|be|app|link|info|co)\b(?:/\S*)?", re.IGNORECASE),
        re.compile(r"(?<![\w@])@[A-Za-z][\w.]{2,}"),
        re.compile(
            r"\b(?:insta(?:gram)?|snap(?:chat)?|telegram|whats ?app|signal|facebook|messenger|tiktok|discord)\b"
            r"\s*(?::|=|@|est|is|c'est)\s*\S+",
            re.IGNORECASE,
        ),
    ),
    "place": (
        re.compile(r"[-+]?\d{1,2}[.,]\d{3,}\s*°?\s*[NS]?\s*[,;/ ]\s*[-+]?\d{1,3}[.,]\d{3,}"),
        re.compile(r"\b[2-9CFGHJMPQRVWX]{4,8}\+[2-9CFGHJMPQRVWX]{2,3}\b", re.IGNORECASE),
        re.compile(r"/{2,3}\w+\.\w+\.\w+"),
    ),
    "address": (
        re.compile(
            rf"\b\d{{1,4}}\s*(?:bis|ter|quater|[a-d]\b)?\s*[,;]?\s*(?:(?:de|dans)\s+)?(?:la\s+|l[\u2019']\s*)?(?:{_WAY})(?!\w)"
            r"(?:\s+[\w\u2019'-]+){1,5}",
            re.IGNORECASE,
        ),
        re.compile(
            rf"\b(?:{_WAY})(?!\w)(?:\s+[\w\u2019'-]+){{1,5}}\s*[,;]?\s*(?:au\s+)?(?:n[°ºo]\.?|num[ée]ro)?\s*\d{{1,4}}\b",
            re.IGNORECASE,
        ),
        re.compile(rf"\b\d{{1,4}}[a-d]?\s+(?:[A-Z][\w\u2019'-]*\s+){{1,3}}(?:{_ROAD})\b", re.IGNORECASE),
        re.compile(r"\b(?:0[1-9]|[1-8]\d|9[0-5])\s?\d{3}\b(?=\s+[A-Z])"),
    ),
    "code": (
        re.compile(
            r"\b(?:digi\s?code|code(?: porte| d\u2019entr[ée]e| d'entr[ée]e| de la porte)?"
            r"|door code|entry code|interphone|buzzer)\b"
            r"\s*(?::|=|est|is|c['\u2019]est|n[°º])?\s*(?=[\w#*]*\d)[\w#*]{3,10}",
            re.IGNORECASE,
        ),
    ),
    "phone": (
        re.compile(rf"(?:\b(?:{_DIGIT_WORDS})\b[\s,.;-]*){{5,}}", re.IGNORECASE),
        re.compile(r"(?:\d[\s.,;:_/|*()~-]{0,3}){8,15}"),
    ),
}


class Screened(NamedTuple):
    """A text as it may be shown, and what was covered in it ("phone", "address"…)."""

    text: str
    covered: tuple[str, ...]


def screen(text: str, region: str) -> Screened:
    """Cover what leads outside the relay. `region`: whose telephone numbers lack a prefix (ISO 3166-1, "FR")."""
    # Full-width digits, digits in circles and keycaps read as digits; so they are compared as digits.
    plain = one_line("".join(_as_digit(char) for char in unicodedata.normalize("NFKC", text)))
    spans: list[tuple[int, int, str]] = []
    for kind, start, end in _found(plain, region):
        spans.append((start, end, kind))
    spans.sort()
    shown, at = [], 0
    for start, end, _kind in spans:
        if start > at:
            shown.append(plain[at:start])
        if end > at:
            if not shown or shown[-1] != COVER:
                shown.append(COVER)
            at = end
    shown.append(plain[at:])
    return Screened(one_line(_spaced(shown)), tuple(dict.fromkeys(kind for _start, _end, kind in spans)))


def _found(text: str, region: str) -> Iterator[tuple[str, int, int]]:
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
        yield "phone", match.start, match.end
    for kind, patterns in _PATTERNS.items():
        for pattern in patterns:
            for found in pattern.finditer(text):
                yield kind, found.start(), found.end()


def _spaced(parts: list[str]) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _as_digit(char: str) -> str:
    """Return the ASCII digit a character stands for in any script, else the character; keycap marks vanish."""
    if char in {"\u20e3", "\ufe0f"}:
        return ""
    if char.isascii():
        return char
    value = unicodedata.digit(char, None)
    return char if value is None else str(value)
