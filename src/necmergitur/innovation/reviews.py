"""What a jury says of what teams handed in: who reads what, and what the marks come to when jurors are not alike.

Reviews are blind and in two steps: first words alone, without names; those marks stand before the demonstration and
its source, which may tell whose they are, are opened. The public's vote takes no part in this.

Marks are read as project + juror + chance (Mason and others: a mixed model, both effects random). A strict juror's
marks are lifted, a lenient one's lowered, and both the less the fewer they gave: what one or two marks say about a
juror is little. The spread is not scaled per juror as a z-score does: from five or eight marks it cannot be known, and
dividing by it makes noise of whoever was consistent.
"""

import heapq
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from necmergitur.kernel.refusal import Refusal

MARK_MOST = 10  # ours: a mark is 0 to 10
REVIEWS_MOST = 9  # ours: of one work
EM_STEPS = 60  # ours: variances stand still to three digits long before
VARIANCE_LEAST = 1e-3  # ours: a jury of one mind leaves something to chance
NOISE_LEAST = 0.25  # ours: half a point is what one juror's own mark may be off by on another day
TOLD_APART = 1.96  # the 95 % interval of a normal difference
BLIND = ("need", "measure", "freedoms")  # read from words alone
SEEN = ("works", "trial")  # once the demonstration is open
CRITERIA = (*BLIND, *SEEN)
APPLIED = (*BLIND, "trial")  # of an application: it is read from words alone, to the end
# What is written behind a company's name and tells no two companies apart.
_LEGAL_FORMS = frozenset({"sa", "sas", "sasu", "sarl", "eurl", "scop", "gmbh", "ag", "ltd", "llc", "inc", "bv", "srl"})
# Where everybody has a mailbox: two of them have nothing in common.
_MAILBOXES = frozenset(
    {"gmail.com", "outlook.com", "hotmail.com", "hotmail.fr", "yahoo.com", "yahoo.fr", "orange.fr", "wanadoo.fr"}
    | {"free.fr", "sfr.fr", "laposte.net", "icloud.com", "proton.me", "protonmail.com", "live.fr"}
    | {"googlemail.com", "outlook.fr", "live.com", "msn.com", "me.com", "aol.com", "gmx.com", "gmx.fr", "gmx.de"}
    | {"bbox.fr", "neuf.fr", "numericable.fr", "mailo.com", "web.de", "yahoo.co.uk", "protonmail.ch", "pm.me"}
)
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})  # dots before the @ make no other mailbox there (Google's help)


class Juror(msgspec.Struct, frozen=True):
    """Whoever reviews. `knows`: e-mail addresses and names they said they know; `declared`: works they recognised."""

    id: str
    email: str = ""
    organisation: str = ""
    knows: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    name: str = ""


class Author(msgspec.Struct, frozen=True):
    """One of a team."""

    name: str
    email: str
    organisation: str = ""


class Work(msgspec.Struct, frozen=True):
    """What a team handed in, with its people, whom no juror sees."""

    id: str
    authors: tuple[Author, ...]


class Mark(msgspec.Struct, frozen=True):
    """What one juror gave one work, all criteria together."""

    juror: str
    work: str
    value: float


class Result(msgspec.Struct, frozen=True):
    """What a work comes to: the mark when jurors are levelled, how unsure it is, and how far jurors were apart."""

    work: str
    mark: float
    low: float
    high: float
    reviews: int
    raw: float
    least: float
    most: float


def plain(text: str) -> str:
    """Return a name or an address as it is compared: without case, accents or spare spaces."""
    apart_ = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in apart_ if not unicodedata.combining(one)).split())


def mailbox(email: str) -> str:
    """Return an address as it is compared: without case, and without what people add to tell their mail apart."""
    local, _at, domain = plain(email).rpartition("@")
    local = local.partition("+")[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local else domain


def company(name: str) -> str:
    """Return a company's name as it is compared: without its legal form, and however its words are joined."""
    words = re.sub(r"[^\w\s]|_", " ", re.sub("[.'\u2019]", "", plain(name))).split()
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


def house_of(email: str) -> str:
    """Return the domain of an organisation's own mail; empty for a mailbox that anybody may have."""
    domain = plain(email).rpartition("@")[2]
    return "" if domain in _MAILBOXES else domain


class _Read(msgspec.Struct, frozen=True):
    """A person as they are compared: each of their names folded once."""

    mailbox: str
    address: str
    name: str
    firm: str
    house: str


def _read(name: str, email: str, organisation: str) -> _Read:
    return _Read(mailbox(email), plain(email), plain(name), company(organisation), house_of(email))


class _Reader(msgspec.Struct, frozen=True):
    """A juror as they are compared, with whom they know."""

    person: _Read
    knows: frozenset[str]
    firms: frozenset[str]


def _reader(juror: Juror) -> _Reader:
    knows = {plain(one) for one in juror.knows} | {mailbox(one) for one in juror.knows if "@" in one}
    return _Reader(
        person=_read(juror.name, juror.email, juror.organisation),
        knows=frozenset(knows - {""}),
        firms=frozenset({company(one) for one in juror.knows} - {""}),
    )


def _authors(work: Work) -> list[_Read]:
    return [_read(one.name, one.email, one.organisation) for one in work.authors]


def _one_house(first: str, second: str) -> bool:
    """Return whether two are of one organisation's own mail: one domain, or a part of it."""
    return bool(first and second) and (first == second or first.endswith(f".{second}") or second.endswith(f".{first}"))


def _why(reader: _Reader, authors: Iterable[_Read]) -> str:
    """Return why somebody may not review what these people made; empty when they may."""
    own = reader.person
    for author in authors:
        if "@" in author.address and author.mailbox == own.mailbox:
            return "own"
        if author.name and author.name == own.name:
            return "own"
        if (author.firm and author.firm == own.firm) or _one_house(author.house, own.house):
            return "organisation"
        if {author.address, author.mailbox, author.name} & reader.knows or author.firm in reader.firms:
            return "known"
    return ""


def conflict(juror: Juror, work: Work) -> Refusal | None:
    """Return why somebody may not review a work: theirs, a friend's, or one they recognised.

    Whoever has an author's name is taken for that author: a namesake reads something else.
    """
    why = conflicts([juror], [work]).get((juror.id, work.id))
    return None if why is None else Refusal(rule="review_conflict", facts={"why": why})


def conflicts(jurors: Iterable[Juror], works: Iterable[Work]) -> dict[tuple[str, str], str]:
    """Return the same of each juror and each work, by both; each name is folded once, however many there are."""
    made = [(work.id, _authors(work)) for work in works]
    found: dict[tuple[str, str], str] = {}
    for juror in jurors:
        reader = _reader(juror)
        for work_id, authors in made:
            why = "declared" if work_id in juror.declared else _why(reader, authors)
            if why:
                found[juror.id, work_id] = why
    return found


def assign(
    works: Sequence[Work], jurors: Sequence[Juror], each: int, held: Iterable[tuple[str, str]] = ()
) -> list[tuple[str, str]] | Refusal:
    """Return who reads what besides what they already hold: `each` jurors a work, conflicts excluded, load even.

    Works with the fewest possible jurors choose first; each takes those who hold least. Where a work cannot have
    enough jurors nothing is assigned: better to ask for another juror than to judge it by fewer.
    """
    if not 1 <= each <= REVIEWS_MOST:
        return Refusal(rule="reviews_out_of_range", facts={"most": str(REVIEWS_MOST)})
    load = dict.fromkeys((juror.id for juror in jurors), 0)
    have: dict[str, set[str]] = {work.id: set() for work in works}
    for juror_id, work_id in held:
        if work_id in have:
            have[work_id].add(juror_id)
            load[juror_id] = load.get(juror_id, 0) + 1
    barred = conflicts(jurors, works)
    able = {work.id: [one.id for one in jurors if (one.id, work.id) not in barred] for work in works}
    made: list[tuple[str, str]] = []
    for work in sorted(works, key=lambda one: (len(able[one.id]), one.id)):
        missing = each - len(have[work.id])
        free = [one for one in able[work.id] if one not in have[work.id]]
        if missing > len(free):
            facts = {"work": work.id, "able": str(len(able[work.id])), "each": str(each)}
            return Refusal(rule="jurors_too_few", facts=facts)
        for juror_id in heapq.nsmallest(missing, free, key=lambda one: (load[one], one)):
            made.append((juror_id, work.id))
            load[juror_id] += 1
    return made


def check_marks(given: Mapping[str, float], step: Collection[str]) -> Refusal | None:
    """Return why marks are none: one for each criterion of the step, each within its range."""
    if set(given) != set(step):
        return Refusal(rule="marks_missing")
    if not all(0 <= value <= MARK_MOST for value in given.values()):
        return Refusal(rule="marks_out_of_range", facts={"most": str(MARK_MOST)})
    return None


def value_of(given: Mapping[str, float]) -> float:
    """Return what one review comes to: the mean of its criteria."""
    return sum(given.values()) / len(given)


def names_in(text: str, authors: Iterable[Author]) -> list[str]:
    """Return what of its authors a text tells, so that a blind review stays one."""
    read = f" {plain(text)} "
    told = []
    for author in authors:
        for word in (author.name, author.email):
            said = plain(word)
            if len(said) > 2 and said in read:  # noqa: PLR2004 -- "Li" stands in too many words
                told.append(word)
    return told


def company_in(text: str, organisation: str, email: str) -> list[str]:
    """Return what a text tells of the company it comes from: its name as it writes it, or where its mail lives.

    A company that is named like a thing may speak of the thing: small letters tell nobody.
    """
    told, kept = [], [word for word in organisation.split() if company(word)]
    name, house = " ".join(kept), house_of(email)
    if len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):  # noqa: PLR2004 -- as for people
        told.append(name)
    if house and house in plain(text):
        told.append(house)
    return told


def results(marks: Sequence[Mark]) -> list[Result]:
    """Return each marked work, best first, with an interval for its mark."""
    works, jurors = sorted({one.work for one in marks}), sorted({one.juror for one in marks})
    if not works:
        return []
    work_at = {name: at for at, name in enumerate(works)}
    juror_at = {name: at for at, name in enumerate(jurors)}
    of_work = np.array([work_at[one.work] for one in marks])
    of_juror = np.array([juror_at[one.juror] for one in marks])
    values = np.array([one.value for one in marks], dtype=np.float64)
    level, quality, spread = _levelled(values, of_work, of_juror, len(works), len(jurors))
    made = []
    for name, at in work_at.items():
        own = values[of_work == at]
        mark, half = level + quality[at], TOLD_APART * spread[at]
        made.append(
            Result(
                work=name,
                mark=float(mark),
                low=float(max(0.0, mark - half)),
                high=float(min(float(MARK_MOST), mark + half)),
                reviews=len(own),
                raw=float(own.mean()),
                least=float(own.min()),
                most=float(own.max()),
            )
        )
    return sorted(made, key=lambda one: (-one.mark, one.work))


def apart(better: Result, other: Result) -> bool:
    """Return whether the jury tells two works apart: the difference is beyond what chance would make of it."""
    unsure = sqrt((better.high - better.low) ** 2 + (other.high - other.low) ** 2) / (2 * TOLD_APART)
    return better.mark - other.mark > TOLD_APART * unsure


def _levelled(
    values: NDArray[np.float64], of_work: NDArray[np.int64], of_juror: NDArray[np.int64], works: int, jurors: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the level, each work's place around it, and how unsure that is (Henderson; EM)."""
    count, size = len(values), 1 + works + jurors
    design = np.zeros((count, size))
    rows = np.arange(count)
    design[:, 0] = 1.0
    design[rows, 1 + of_work] = 1.0
    design[rows, 1 + works + of_juror] = 1.0
    gram, right = design.T @ design, design.T @ values
    total = max(float(values.var()), VARIANCE_LEAST)
    noise, of_works, of_jurors = total / 3, total / 3, total / 3
    solved: NDArray[np.float64] = np.zeros(size)
    inverse: NDArray[np.float64] = np.eye(size)
    for _ in range(EM_STEPS):
        ridge = np.concatenate([[0.0], np.full(works, noise / of_works), np.full(jurors, noise / of_jurors)])
        inverse = np.asarray(np.linalg.inv(gram + np.diag(ridge)), dtype=np.float64)
        solved = inverse @ right
        work_part, juror_part = slice(1, 1 + works), slice(1 + works, size)
        rest = values - design @ solved
        of_works = _variance(solved[work_part], inverse[work_part, work_part], noise)
        of_jurors = _variance(solved[juror_part], inverse[juror_part, juror_part], noise)
        noise = max(float(values @ rest) / max(count - 1, 1), NOISE_LEAST)
    spread = np.sqrt(np.maximum(np.diag(inverse)[1 : 1 + works] * noise, 0.0))
    return float(solved[0]), solved[1 : 1 + works], spread


def _variance(effects: NDArray[np.float64], block: NDArray[np.float64], noise: float) -> float:
    return max(float(effects @ effects + np.trace(block) * noise) / len(effects), VARIANCE_LEAST)
