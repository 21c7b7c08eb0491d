"""Posts that people paste (`#portesouvertes 11e 3 places`), read into a draft that they look at and confirm.

Nobody's post is fetched: the author brings it. What cannot be read is left for them to say.
"""

import re
from typing import Literal

import msgspec

from necmergitur.people.constants import PEOPLE_MAX, PLACES_MAX
from necmergitur.people.texts import one_line

_OFFER = re.compile(r"#\s*(?:portes?\s?_?ouvertes?|open\s?_?doors?|opendoor)\w*", re.IGNORECASE)
_ASK = re.compile(
    r"#\s*(?:cherche(?:abri|toit)?|besoin\w*|needshelter|sos(?:abri|toit))\b"
    r"|\bcherch\w*\s+(?:un\s+)?(?:abri|toit|lit|h[ée]bergement|refuge)"
    r"|\bneed\w*\s+(?:a\s+)?(?:shelter|bed|place to stay)"
    r"|\blooking for (?:a )?(?:shelter|bed|place)|\bbesoin d['\u2019]un (?:abri|toit|lit)",
    re.IGNORECASE,
)
_NUMBERS = {
    "un": 1, "une": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3, "quatre": 4, "four": 4,
    "cinq": 5, "five": 5, "six": 6, "sept": 7, "seven": 7, "huit": 8, "eight": 8,
}  # fmt: skip
_N = r"(\d{1,2}|" + "|".join(_NUMBERS) + r")"
_PLACES = re.compile(
    rf"\b{_N}\s*(?:\w+\s+)?(?:places?|lits?|beds?|personnes?|pers\b|people|persons?|couchages?|matelas|spots?|adultes?)",
    re.IGNORECASE,
)
_WE_ARE = re.compile(rf"\b(?:on est|nous sommes|we are|we're)\s+{_N}\b", re.IGNORECASE)
_DISTRICT = re.compile(
    r"\b(?:paris\s*)?(\d{1,2})\s*(?:e|er|ème|eme|è|th|st|nd|rd)\b|\b75[01](\d{2})\b|\bparis\s+(\d{1,2})\b",
    re.IGNORECASE,
)
_WORDS = {
    "children": re.compile(r"\b(?:enfants?|b[ée]b[ée]s?|famil\w+|kids?|child(?:ren)?|bab(?:y|ies))\b", re.IGNORECASE),
    "animals": re.compile(r"\b(?:animaux|animal|chiens?|chats?|dogs?|cats?|pets?)\b", re.IGNORECASE),
    "wheelchair": re.compile(r"\b(?:pmr|fauteuil(?: roulant)?|wheelchair|ascenseur|step[- ]?free)\b", re.IGNORECASE),
    "women_only": re.compile(
        r"\b(?:femmes? (?:uniquement|seulement|seules?)|women only|filles uniquement)\b", re.IGNORECASE
    ),
}
_NOT = re.compile(r"\b(?:(?:pas de|sans|ni|no|not|without)\s+(?:\w+\s+)?|pas d['\u2019]\s*)$", re.IGNORECASE)
_LANGUAGES = {
    "fr": re.compile(r"\bfran[cç]ais|\bfrench\b", re.IGNORECASE),
    "en": re.compile(r"\banglais|\benglish\b", re.IGNORECASE),
    "es": re.compile(r"\bespagnol|\bspanish\b|\bespañol", re.IGNORECASE),
    "ar": re.compile(r"\barabe|\barabic\b", re.IGNORECASE),
    "de": re.compile(r"\ballemand|\bgerman\b|\bdeutsch", re.IGNORECASE),
    "it": re.compile(r"\bitalien|\bitalian\b|\bitaliano", re.IGNORECASE),
    "pt": re.compile(r"\bportugais|\bportuguese\b", re.IGNORECASE),
}
POST_MAX = 600  # characters read; the longest post of the platforms of 2015 had 140


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a post says. `district`: a number of an arrondissement; 0 and "" are what it does not say."""

    kind: Literal["offer", "ask", ""]
    district: int = 0
    count: int = 0
    children: bool = False
    animals: bool = False
    wheelchair: bool = False
    women_only: bool = False
    languages: tuple[str, ...] = ()


def read(text: str) -> Draft:
    """Read a post into a draft. What it says of streets, numbers and names is not taken: its author is asked."""
    text = one_line(text[:POST_MAX])
    kind: Literal["offer", "ask", ""] = "ask" if _ASK.search(text) else "offer" if _OFFER.search(text) else ""
    said = {name: _says(pattern, text) for name, pattern in _WORDS.items()}
    return Draft(
        kind=kind,
        district=_district(text),
        count=_count(text, PEOPLE_MAX if kind == "ask" else PLACES_MAX),
        languages=tuple(code for code, pattern in _LANGUAGES.items() if pattern.search(text)),
        **said,
    )


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _NOT.search(text[: found.start()]) for found in pattern.finditer(text))


def _district(text: str) -> int:
    for found in _DISTRICT.finditer(text):
        number = int(next(group for group in found.groups() if group))
        if number > 0:
            return number
    return 0


def _count(text: str, most: int) -> int:
    found = _PLACES.search(text) or _WE_ARE.search(text)
    if found is None:
        return 0
    number = _NUMBERS.get(found[1].lower()) or int(found[1])
    return number if number <= most else 0
