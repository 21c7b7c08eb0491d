"""People found by what somebody remembers of their name: pieces of it choose candidates, many measures order them.

An index lives in memory. It grows by small parts that are searched with the large ones and joined now and then, so that
whoever is added is found at once. Adding and removing is for one thread; any number may search meanwhile.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec
import numpy as np
import numpy.typing as npt

from necmergitur.people import grams, ranking
from necmergitur.people.constants import ASKED_NAMES_MAX, FOUND_AT_MOST, PART_MAX, PARTS_MAX, RANKED_MAX, TAIL_MAX
from necmergitur.people.findable import DO_NOT_FIND, HIDDEN, LISTED, Findable, Found, Wanted
from necmergitur.people.names import alternatives, fold, skeleton
from necmergitur.people.ranking import Asked, Held

ALTERNATIVE_WEIGHT = 0.6  # ours: pieces of a nickname choose candidates, but those of the name itself come first
LOOKS_MAX = 3  # ours: a crowd that changes faster than a search takes is searched as it was
BORN_WEIGHT = 0.25  # ours: two right parts of a birth date choose as much as half a name


class _Part(msgspec.Struct, eq=False):
    """Entries from `first` on, as one segment. `share`: one over each entry's length, nought for the removed."""

    first: int
    segment: grams.Segment
    share: npt.NDArray[np.float32]


class Index:
    """Records that are searched together."""

    def __init__(self) -> None:
        """Begin empty."""
        self._texts: list[str] = []  # one entry for each name
        self._held: list[Held | None] = []  # beside it, whose it is
        self._entries: dict[tuple[str, bytes], tuple[int, ...]] = {}
        self._parts: tuple[_Part, ...] = ()
        self._frequencies = np.zeros(grams.CODES, dtype=np.int64)
        self._words: Counter[str] = Counter()
        self._sounds: dict[str, str] = {}
        self._weighed_at = 0

    def __len__(self) -> int:
        """How many records can be found."""
        return len(self._entries)

    def __contains__(self, key: tuple[str, bytes]) -> bool:
        """Whether a record, by its kind and id, can be found."""
        return key in self._entries

    def add(self, records: Iterable[Findable]) -> None:
        """Add records, or replace those of the same kind and id. They can be found when this returns.

        Whoever is replaced goes last: a search meanwhile finds them as they were, or as they are, never nobody.
        """
        begun = len(self._texts)
        replaced: list[int] = []
        for record in records:
            replaced += self._entries.get((record.kind, record.id), ())
            texts = list(dict.fromkeys(filter(None, map(fold, record.names)))) or [""]
            held = Held(
                kind=record.kind,
                id=record.id,
                age=record.age,
                born=record.born,
                sex=record.sex,
                place=fold(record.place),
                words=ranking.clothing(record.words),
                flags=record.flags,
            )
            self._entries[record.kind, record.id] = tuple(range(len(self._texts), len(self._texts) + len(texts)))
            for text in texts:
                self._texts.append(text)
                self._held.append(held)
                self._words.update(set(text.split()))
        if len(self._texts) > begun:
            self._lay(begun)
        self._empty(replaced)

    def remove(self, kind: str, record_id: bytes) -> bool:
        """Forget a record; return whether it was there."""
        return self._forget(kind, record_id)

    def known(self, kind: str) -> list[bytes]:
        """Return the ids of all records of a kind."""
        return [record_id for held_kind, record_id in tuple(self._entries) if held_kind == kind]

    def search(self, wanted: Wanted) -> list[Found]:
        """Return who may be meant, best first."""
        best: dict[tuple[str, bytes], Found] = {}
        for name in wanted.names[:ASKED_NAMES_MAX] or ("",):
            for found in self._search_one(wanted, name):
                key = (found.kind, found.id)
                if key not in best or best[key].score < found.score:
                    best[key] = found
        ordered = sorted(best.values(), key=lambda found: -found.score)
        return ordered[: _limit(wanted)]

    def _search_one(self, wanted: Wanted, name: str) -> list[Found]:
        asked = asked_of(wanted, name)
        measured, held, texts = self._measured(asked)
        scores = ranking.score(measured)
        order = np.argsort(-scores, kind="stable")[: _limit(wanted)]
        return [
            Found(
                kind=held[at].kind,
                id=held[at].id,
                score=round(float(scores[at]), 4),
                why=ranking.reasons(measured[at], asked, texts[at]),
                flags=held[at].flags,
            )
            for at in order.tolist()
        ]

    def measured(self, asked: Asked) -> tuple[npt.NDArray[np.float32], list[bytes], list[str]]:
        """Return the candidates' measures, ids and folded names: what weights are learned from."""
        rows, held, texts = self._measured(asked)
        return rows, [one.id for one in held], texts

    def _measured(self, asked: Asked) -> tuple[npt.NDArray[np.float32], list[Held], list[str]]:
        for _look in range(LOOKS_MAX):
            parts = self._parts
            entries, cosines = self.candidates(asked)
            found = [(at, self._texts[entry], self._held[entry]) for at, entry in enumerate(entries)]
            alive = [(at, text, held) for at, text, held in found if held is not None]
            if len(alive) == len(found) or parts is self._parts:
                break  # else somebody found was replaced meanwhile, and stands in a part that was not searched
        texts, held = [text for _, text, _ in alive], [one for _, _, one in alive]
        return ranking.measure(asked, texts, held, cosines[[at for at, _, _ in alive]], self), held, texts

    def candidates(self, asked: Asked) -> tuple[list[int], npt.NDArray[np.float32]]:
        """Return the entries that share most pieces with the name, and how much of them."""
        codes = _codes(asked.words, asked.sounds)
        total = max(1, len(self._texts))
        idf = np.log1p(total / (1 + self._frequencies[list(codes)])) / np.log(2 + total)
        weights = (np.array(list(codes.values())) * idf**2).tolist()
        length = float(np.sqrt((idf**2).sum())) or 1.0
        born = () if asked.born is None else grams.born_codes(asked.born.year, asked.born.month, asked.born.day)
        found: list[npt.NDArray[np.int64]] = []
        values: list[npt.NDArray[np.float32]] = []
        least = np.float32(0)
        for part in self._parts:
            sums = np.zeros(part.segment.count, dtype=np.float32)
            part.segment.add_up(list(codes), weights, sums)
            sums *= part.share
            sums /= length
            if born:
                part.segment.add_up(born, [BORN_WEIGHT / 2] * len(born), sums)
                sums *= part.share > 0
            at = np.flatnonzero(sums > least)
            if at.size > RANKED_MAX:
                at = at[np.argpartition(sums[at], -RANKED_MAX)[-RANKED_MAX:]]
                least = max(least, sums[at].min())
            found.append(at + part.first)
            values.append(sums[at])
        if not found:
            return [], np.zeros(0, dtype=np.float32)
        at, sums = np.concatenate(found), np.concatenate(values)
        if at.size > RANKED_MAX:
            best = np.argpartition(sums, -RANKED_MAX)[-RANKED_MAX:]
            at, sums = at[best], sums[best]
        return at.tolist(), sums

    def weigh(self, word: str) -> float:
        """Return how much a word tells people of this index apart."""
        return ranking.word_weight(self._words.get(word, 0), len(self._texts), word)

    def sound(self, word: str) -> str:
        """Return a word's skeleton, remembered for words of this index: a question makes some 800 of them."""
        found = self._sounds.get(word)
        if found is None:
            found = skeleton(word)
            if word in self._words:
                self._sounds[word] = found
        return found

    def _forget(self, kind: str, record_id: bytes) -> bool:
        entries = self._entries.pop((kind, record_id), None)
        self._empty(entries or ())
        return entries is not None

    def _empty(self, entries: Iterable[int]) -> None:
        for entry in entries:
            self._words.subtract(set(self._texts[entry].split()))
            self._held[entry], self._texts[entry] = None, ""
            for part in self._parts:
                if part.first <= entry < part.first + part.segment.count:
                    part.share[entry - part.first] = 0

    def _lay(self, begun: int) -> None:
        """Make parts of the entries from `begun` on; join small ones when they are many."""
        parts = list(self._parts)
        while parts and parts[-1].segment.count < TAIL_MAX:
            begun = parts.pop().first
        small = [part for part in parts if part.segment.count < PART_MAX]
        if len(small) >= PARTS_MAX:
            begun = small[0].first
            parts = parts[: len(parts) - len(small)]
        for first in range(begun, len(self._texts), PART_MAX):
            parts.append(self._part(first, min(first + PART_MAX, len(self._texts))))
        self._frequencies = np.sum([part.segment.frequencies() for part in parts], axis=0)
        fresh = parts
        if len(self._texts) < 2 * self._weighed_at:
            fresh = [part for part in parts if part not in self._parts]
        else:
            self._weighed_at = len(self._texts)  # how rare a piece is has changed for everybody
        idf = self._idf()
        for part in fresh:
            self._weigh_part(part, idf)
        self._parts = tuple(parts)

    def _idf(self) -> npt.NDArray[np.float32]:
        total = len(self._texts)
        idf: npt.NDArray[np.float32] = (np.log1p(total / (1 + self._frequencies)) / np.log(2 + total)).astype(
            np.float32
        )
        return idf

    def _weigh_part(self, part: _Part, idf: npt.NDArray[np.float32]) -> None:
        lengths = part.segment.lengths(idf)
        alive = np.fromiter(
            (held is not None for held in self._held[part.first : part.first + part.segment.count]), dtype=np.bool_
        )
        part.share = np.where(alive, 1 / np.maximum(lengths, 1e-3), 0).astype(np.float32)

    def _part(self, first: int, end: int) -> _Part:
        texts = self._texts[first:end]
        heard = [" ".join(map(self.sound, text.split())) for text in texts]
        entries, codes = grams.name_codes(texts, heard)
        born = [
            (number, code)
            for number, held in enumerate(self._held[first:end])
            if held is not None and held.born is not None
            for code in grams.born_codes(held.born.year, held.born.month, held.born.day)
        ]
        if born:
            more = np.array(born, dtype=np.int64)
            entries, codes = np.concatenate((entries, more[:, 0])), np.concatenate((codes, more[:, 1]))
        segment = grams.Segment(entries, codes, end - first)
        return _Part(first, segment, np.zeros(0, dtype=np.float32))


class People:
    """Everybody who can be found in one crisis. What the public may search is an index of its own: nothing leaks."""

    def __init__(self) -> None:
        """Begin empty."""
        self._by_kind: dict[str, Index] = {}
        self._public = Index()

    def __len__(self) -> int:
        """How many records can be found."""
        return sum(map(len, self._by_kind.values()))

    def add(self, records: Sequence[Findable]) -> None:
        """Add records, or replace those of the same kind and id. They can be found when this returns."""
        for record in records:
            if not _public(record):
                self._public.remove(record.kind, record.id)
        self._public.add(record for record in records if _public(record))
        for kind in {record.kind for record in records}:
            self._by_kind.setdefault(kind, Index()).add(record for record in records if record.kind == kind)

    def remove(self, kind: str, record_id: bytes) -> None:
        """Forget a record."""
        self._public.remove(kind, record_id)
        if kind in self._by_kind:
            self._by_kind[kind].remove(kind, record_id)

    def known(self, kind: str) -> list[bytes]:
        """Return the ids of all records of a kind."""
        return self._by_kind[kind].known(kind) if kind in self._by_kind else []

    def search(self, wanted: Wanted) -> list[Found]:
        """Return who may be meant, best first."""
        if wanted.scope != "desk":
            found = [one for one in self._public.search(wanted) if not wanted.kinds or one.kind in wanted.kinds]
        else:
            searched = wanted.kinds or tuple(self._by_kind)
            found = [one for kind in searched if kind in self._by_kind for one in self._by_kind[kind].search(wanted)]
        return sorted(found, key=lambda one: -one.score)[: _limit(wanted)]


def asked_of(wanted: Wanted, name: str) -> Asked:
    """Return a question, folded."""
    words = fold(name).split()
    return Asked(
        words=words,
        sounds=[skeleton(word) for word in words],
        age=wanted.age,
        born=wanted.born,
        sex=wanted.sex,
        place=fold(wanted.place),
        clothing=frozenset(ranking.clothing(wanted.words).split()),
    )


def _codes(words: Sequence[str], sounds: Sequence[str]) -> dict[int, float]:
    """Return each code of a name and of what else its words are called, with its weight."""
    others = sorted(set(chain.from_iterable(alternatives(word) for word in words)))
    codes = dict.fromkeys(grams.codes_of(others)[1].tolist(), ALTERNATIVE_WEIGHT) if others else {}
    if words:
        codes |= dict.fromkeys(grams.name_codes([" ".join(words)], [" ".join(sounds)])[1].tolist(), 1.0)
    return codes


def _limit(wanted: Wanted) -> int:
    return max(0, min(wanted.limit, FOUND_AT_MOST))


def _public(record: Findable) -> bool:
    return LISTED in record.flags and DO_NOT_FIND not in record.flags and HIDDEN not in record.flags
