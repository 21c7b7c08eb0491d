"""The jury's rules: conflicts, an even load, marks that do not depend on who gave them, an interval that is honest."""

import random
from collections import Counter

import pytest

from necmergitur.innovation import reviews
from necmergitur.innovation.reviews import Author, Juror, Mark, Work
from necmergitur.kernel.refusal import Refusal

ADA = Author(name="Ada Léger", email="Ada@people.invalid", organisation="Densité SAS")
WORK = Work(id="1", authors=(ADA,))


@pytest.mark.parametrize(
    ("juror", "why"),
    [
        (Juror("j", email="ada@PEOPLE.invalid"), "own"),
        (Juror("j", organisation="densite sas"), "organisation"),
        (Juror("j", knows=frozenset({"ada leger"})), "known"),
        (Juror("j", knows=frozenset({" ada@people.invalid"})), "known"),
        (Juror("j", declared=frozenset({"1"})), "declared"),
    ],
)
def test_nobody_reviews_their_own_their_colleagues_or_their_friends_work(juror: Juror, why: str) -> None:
    found = reviews.conflict(juror, WORK)
    assert isinstance(found, Refusal) and found.facts == {"why": why}
    assert isinstance(reviews.assign([WORK], [juror], 1), Refusal)


def test_a_name_is_folded_once_however_many_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    folded: Counter[str] = Counter()
    plain = reviews.plain
    monkeypatch.setattr(reviews, "plain", lambda text: (folded.update([text]), plain(text))[1])
    works = [Work(str(n), (Author(f"Author {n}", f"a{n}@team{n}.invalid", f"Team {n}"),)) for n in range(80)]
    jurors = [Juror(f"j{n}", name=f"Juror {n}", knows=frozenset({f"Author {n}"})) for n in range(24)]
    found = reviews.conflicts(jurors, works)
    assert found == {(f"j{n}", str(n)): "known" for n in range(24)}
    assert found == {
        (juror.id, work.id): told.facts["why"]
        for juror in jurors
        for work in works
        if (told := reviews.conflict(juror, work)) is not None
    }
    folded.clear()
    reviews.conflicts(jurors, works)
    assert folded["Author 40"] == 1 and sum(folded.values()) < 10 * (len(jurors) + len(works))


def test_somebody_without_organisation_has_no_conflict_with_others_without_one() -> None:
    assert reviews.conflict(Juror("j"), Work("1", (Author("A B", "a@b.invalid"),))) is None


def test_the_load_is_even_and_no_work_has_a_juror_twice() -> None:
    works = [Work(str(number), ()) for number in range(80)]
    made = reviews.assign(works, [Juror(f"j{number}") for number in range(24)], 3)
    assert isinstance(made, list) and len(made) == len(set(made)) == 240
    assert set(Counter(juror for juror, _ in made).values()) == {10}
    assert set(Counter(work for _, work in made).values()) == {3}


def test_what_is_held_already_counts() -> None:
    made = reviews.assign([WORK], [Juror("a"), Juror("b"), Juror("c")], 2, [("a", "1")])
    assert made == [("b", "1")]


def test_a_strict_juror_costs_nobody_the_prize() -> None:
    """Twelve works of known quality, six jurors of whom one takes three points off: levelled marks are nearer."""
    drawn = random.Random(3)
    closer = 0
    for _ in range(20):
        quality = {str(number): drawn.gauss(6, 1) for number in range(30)}
        strict = {f"j{number}": drawn.gauss(0, 1.5) for number in range(10)}
        made = reviews.assign([Work(one, ()) for one in quality], [Juror(one) for one in strict], 4)
        assert isinstance(made, list)
        marks = [Mark(j, w, quality[w] + strict[j] + drawn.gauss(0, 0.7)) for j, w in made]
        found = reviews.results(marks)
        order = sorted(quality, key=lambda one: -quality[one])
        levelled = _agreement(order, [one.work for one in found])
        plain = _agreement(order, [one.work for one in sorted(found, key=lambda one: -one.raw)])
        closer += levelled > plain
    assert closer >= 17


def _agreement(order: list[str], found: list[str]) -> int:
    at = {work: place for place, work in enumerate(found)}
    return sum(at[a] < at[b] for n, a in enumerate(order) for b in order[n + 1 :])


def test_the_interval_holds_the_true_mark_as_often_as_it_says() -> None:
    drawn, held, all_ = random.Random(5), 0, 0
    for _ in range(20):
        quality = {str(number): drawn.gauss(0, 1) for number in range(30)}
        made = reviews.assign([Work(one, ()) for one in quality], [Juror(f"j{n}") for n in range(10)], 4)
        assert isinstance(made, list)
        level = 5.0
        found = reviews.results([Mark(j, w, level + quality[w] + drawn.gauss(0, 1)) for j, w in made])
        held += sum(one.low <= level + quality[one.work] <= one.high for one in found)
        all_ += len(found)
    assert 0.90 <= held / all_ <= 0.99


def test_one_review_is_shown_as_hardly_sure() -> None:
    (one,) = reviews.results([Mark("a", "1", 8.0)])
    assert (one.mark, one.reviews) == (8.0, 1)
    assert reviews.results([]) == []


def test_two_works_the_jury_cannot_tell_apart_are_even() -> None:
    marks = [
        Mark(j, w, v)
        for w, vs in {"a": (7, 5, 9), "b": (6, 8, 6.5), "c": (1, 0, 1)}.items()
        for j, v in zip("xyz", vs, strict=True)
    ]
    first, second, last = reviews.results(marks)
    assert last.work == "c"
    assert not reviews.apart(first, second) and reviews.apart(first, last)


def test_marks_outside_their_range_or_missing_are_refused() -> None:
    assert isinstance(reviews.check_marks({"need": 5}, reviews.BLIND), Refusal)
    assert isinstance(reviews.check_marks({"need": 5, "measure": 11, "freedoms": 1}, reviews.BLIND), Refusal)
    assert reviews.check_marks({"need": 5, "measure": 10, "freedoms": 0}, reviews.BLIND) is None


def test_a_text_that_tells_its_authors_is_seen() -> None:
    assert reviews.names_in("By ADA LEGER, with love", [ADA]) == ["Ada Léger"]
    assert reviews.names_in("Write to ada@people.invalid", [ADA]) == ["Ada@people.invalid"]
    assert reviews.names_in("A ladder", [ADA]) == []
