"""What happens to a name on its way to whoever looks for somebody.

One to three of these rules in turn (half the time one, 35 of a hundred two, 15 three), drawn by WEIGHTS among those
that apply, and no other:

- `typo`: a letter is left out, doubled, exchanged with the next, or replaced by its neighbour on an AZERTY keyboard;
- `sound`: one spelling of a sound for another, as a French ear writes it (SOUNDS);
- `romanised`: one romanisation for another, by the origin of the name (ROMANISED); others take a typo instead;
- `swapped`: family name first;
- `accents`: all accents are dropped;
- `nickname`: a word for another of its group in `people.nicknames`;
- `initial`: a given name shrinks to its first letter;
- `merged`: two neighbouring words, or the halves of a hyphenated one, become one word;
- `dropped`: of three words or more, one that is not the last is left out;
- `split`: a word of eight letters or more is torn in two.

A query keeps its family name; whatever else, its words are never all gone.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence

from necmergitur.people.names import alternatives, fold

HOW_MANY = ((1, 50), (2, 35), (3, 15))
WEIGHTS = {
    "typo": 34,
    "sound": 18,
    "romanised": 14,
    "swapped": 12,
    "accents": 8,
    "nickname": 6,
    "initial": 6,
    "merged": 6,
    "dropped": 6,
    "split": 2,
}
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")
NEIGHBOURS = {
    letter: [*row[max(at - 1, 0) : at], *row[at + 1 : at + 2]] for row in _ROWS for at, letter in enumerate(row)
}
SOUNDS = """ph/f f/ph eau/o au/o o/eau ai/e e/ai ei/e in/ain ain/in en/an an/en am/em qu/k k/qu c/k ck/k ss/s s/ss
z/s s/z y/i i/y ll/l l/ll nn/n n/nn tt/t t/tt rr/r r/rr mm/m th/t t/th h/ ier/ié oi/oua gn/ni ch/sh x/ks ou/u""".split()
ROMANISED = {
    "arabic": """ou/u u/ou ou/o o/ou ch/sh sh/ch dj/j j/dj kh/k k/q q/k ss/s s/ss mm/m m/mm dd/d i/y y/i e/a a/e i/e e/i
    ah/a a/ah ine/in ane/an aï/ai ei/ai ll/l ben/bin el/al ou/w""".split(),
    "french": "ou/u u/ou y/i i/y ss/s c/k k/c é/e ç/s ã/a ñ/n th/t".split(),
    "polish": "ł/l sz/sch cz/tch w/v rz/j ż/z ski/sky ś/s ó/o ą/on ę/en j/y".split(),
    "chinese": "zh/ch x/hs q/ch c/ts ang/ong j/ch ian/ien ou/ow z/ts iu/iou xi/hsi".split(),
    "vietnamese": "ễ/e ầ/a ạ/a đ/d ươ/uo ữ/u nguy/ngu ph/f th/t tr/ch ng/n".split(),
}


def noisy(words: Sequence[str], given: int, rules: str, chance: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return a name as somebody writes it, and which rules were applied.

    `words`: given names first, `given` of them; `rules`: which of ROMANISED.
    """
    count = chance.choices([number for number, _ in HOW_MANY], [share for _, share in HOW_MANY])[0]
    held, applied = list(words), []
    for _ in range(count):
        for _try in range(10):
            name = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if name in applied and name != "typo":
                continue
            after = RULES[name](list(held), given, rules, chance)
            if after != held and fold(" ".join(after)):
                held = after
                applied.append(name)
                break
    return " ".join(held), tuple(applied)


def _typo(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    at = chance.randrange(len(words))
    word = words[at]
    if len(word) < 3:
        return words
    place = chance.randrange(len(word))
    match chance.randrange(4):
        case 0:
            word = word[:place] + word[place + 1 :]
        case 1:
            word = word[:place] + word[place] + word[place:]
        case 2:
            word = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
        case _:
            near = NEIGHBOURS.get(word[place].lower())
            word = word[:place] + (chance.choice(near) if near else word[place]) + word[place + 1 :]
    return [*words[:at], word, *words[at + 1 :]]


def _replaced(words: list[str], table: Sequence[str], chance: random.Random) -> list[str]:
    pairs = [pair.split("/") for pair in table]
    able = [
        (at, old, new) for at, word in enumerate(words) for old, new in pairs if old in word.lower() and len(word) > 2
    ]
    if not able:
        return words
    at, old, new = chance.choice(able)
    low = words[at].lower()
    places = [place for place in range(len(low)) if low.startswith(old, place)]
    place = chance.choice(places)
    return [*words[:at], (low[:place] + new + low[place + len(old) :]).title(), *words[at + 1 :]]


def _sound(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    return _replaced(words, SOUNDS, chance)


def _romanised(words: list[str], given: int, rules: str, chance: random.Random) -> list[str]:
    if rules not in ROMANISED:
        return _typo(words, given, rules, chance)
    return _replaced(words, ROMANISED[rules], chance)


def _swapped(words: list[str], given: int, _rules: str, _chance: random.Random) -> list[str]:
    given = min(given, len(words) - 1)
    return [*words[given:], *words[:given]]


def _accents(words: list[str], _given: int, _rules: str, _chance: random.Random) -> list[str]:
    return ["".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)) for word in words]


def _nickname(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    able = [(at, others) for at, word in enumerate(words) if (others := alternatives(fold(word)))]
    if not able:
        return words
    at, others = chance.choice(able)
    return [*words[:at], chance.choice(others).title(), *words[at + 1 :]]


def _initial(words: list[str], given: int, _rules: str, _chance: random.Random) -> list[str]:
    if not given or len(words) < 2:
        return words
    return [words[0][0] + ".", *words[1:]]


def _merged(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    joint = [at for at, word in enumerate(words) if "-" in word]
    if joint:
        at = chance.choice(joint)
        return [*words[:at], words[at].replace("-", ""), *words[at + 1 :]]
    if len(words) < 2:
        return words
    at = chance.randrange(len(words) - 1)
    return [*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]]


def _dropped(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    parts = [part for word in words for part in word.split("-")]
    if len(parts) < 3:
        return words
    at = chance.randrange(len(parts) - 1)
    return [*parts[:at], *parts[at + 1 :]]


def _split(words: list[str], _given: int, _rules: str, chance: random.Random) -> list[str]:
    able = [at for at, word in enumerate(words) if len(word) >= 8]
    if not able:
        return words
    at = chance.choice(able)
    place = chance.randrange(3, len(words[at]) - 2)
    return [*words[:at], words[at][:place], words[at][place:], *words[at + 1 :]]


RULES: dict[str, Callable[[list[str], int, str, random.Random], list[str]]] = {
    "typo": _typo,
    "sound": _sound,
    "romanised": _romanised,
    "swapped": _swapped,
    "accents": _accents,
    "nickname": _nickname,
    "initial": _initial,
    "merged": _merged,
    "dropped": _dropped,
    "split": _split,
}
