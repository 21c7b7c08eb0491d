"""Whoever is remembered somehow is found; what is unknown weighs nothing; what is removed is gone."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from necmergitur.people import search
from necmergitur.people.findable import DO_NOT_FIND, HIDDEN, LISTED, Findable, Wanted
from necmergitur.people.ranking import Asked
from necmergitur.people.search import Index, People
from necmergitur.sim.names.lists import ARABIC
from necmergitur.sim.names.people import City

NAMES = [
    "Amélie Durand", "Jean-Pierre Dupont", "Mohamed Ben Ali", "Emmanuel Le Gall", "Nguyễn Thị Lan", "Wang Xiaoming",
    "Katarzyna Wiśniewska", "Fatoumata Diallo", "José García Hernández", "Françoise Lefèvre", "Abdelkader Mansouri",
    "Zoé Martin", "Zoé Martinez", "Philippe Rousseau", "Ayşe Y\u0131lmaz",
]  # fmt: skip


def person(number: int, name: str, **more) -> Findable:
    return Findable(kind="person", id=bytes([number]), names=(name,), **more)


@pytest.fixture
def index() -> Index:
    made = Index()
    made.add(person(number, name) for number, name in enumerate(NAMES))
    return made


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        ("amelie durant", "Amélie Durand"),
        ("Durand Amelie", "Amélie Durand"),
        ("jeanpierre dupon", "Jean-Pierre Dupont"),
        ("J. Dupont", "Jean-Pierre Dupont"),
        ("JP Dupont", "Jean-Pierre Dupont"),
        ("محمد بن علي", "Mohamed Ben Ali"),
        ("Mouhamed Benali", "Mohamed Ben Ali"),
        ("manu legal", "Emmanuel Le Gall"),
        ("nguyen ti lan", "Nguyễn Thị Lan"),
        ("王小明", "Wang Xiaoming"),
        ("Xiao Ming Wong", "Wang Xiaoming"),
        ("Kasia Visnievska", "Katarzyna Wiśniewska"),
        ("fatou dialo", "Fatoumata Diallo"),
        ("garcia ernandes jose", "José García Hernández"),
        ("francoize lefevr", "Françoise Lefèvre"),
        ("عبد القادر منصوري", "Abdelkader Mansouri"),
        ("Filipe Rouseau", "Philippe Rousseau"),
        ("aise yilmas", "Ayşe Y\u0131lmaz"),
    ],
)
def test_the_right_one_comes_first(index: Index, asked: str, right: str) -> None:
    found = index.search(Wanted(names=(asked,)))
    assert NAMES[found[0].id[0]] == right, [(NAMES[one.id[0]], one.score) for one in found[:3]]


def test_two_of_a_name_are_told_apart_by_what_else_is_known() -> None:
    index = Index()
    index.add(
        [
            person(1, "Zoé Martin", age=22, sex="f", place="République", words="veste rouge"),
            person(2, "Zoé Martin", age=61, sex="f", place="Bercy", words="manteau noir"),
            person(3, "Zoé Martin", born=date(1990, 2, 3)),
            person(4, "Zoé Martin", words="last seen near Gare de Lyon, long hair"),
        ]
    )
    for more, right in (
        ({"age": 25}, 1),
        ({"age": 60}, 2),
        ({"place": "republique"}, 1),
        ({"words": "black coat"}, 2),
        ({"born": date(1990, 3, 2)}, 3),
        ({"place": "gare de lyon"}, 4),
    ):
        found = index.search(Wanted(names=("zoe martin",), **more))
        assert found[0].id == bytes([right]), more


def test_what_is_unknown_neither_helps_nor_harms() -> None:
    index = Index()
    index.add([person(1, "Zoé Martin"), person(2, "Zoé Martin", age=22, sex="f", place="Bercy", words="sac")])
    first, second = index.search(Wanted(names=("Zoé Martin",)))
    assert first.score == second.score
    unknown, known = sorted(index.search(Wanted(names=("Zoé Martin",), age=70)), key=lambda one: one.id)
    assert unknown.score > known.score


def test_a_birth_date_finds_who_lacks_a_name_even_with_one_part_wrong() -> None:
    index = Index()
    index.add([person(1, "", born=date(1990, 2, 3)), person(2, "Zoé Martin", born=date(1985, 7, 9))])
    for born in (date(1990, 2, 3), date(1990, 2, 4), date(1991, 2, 3)):
        assert index.search(Wanted(names=("",), born=born))[0].id == b"\x01", born


def test_every_way_a_name_is_written_finds_its_person_once() -> None:
    index = Index()
    index.add([Findable(kind="person", id=b"1", names=("Mohamed Ben Ali", "محمد بن علي", "Momo"))])
    for asked in ("Mohamed Ben Ali", "محمد بن علي", "momo"):
        assert [one.id for one in index.search(Wanted(names=(asked, "Ben Ali")))] == [b"1"]


def test_who_is_added_replaced_or_removed_counts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through all the parts an index is made of, small ones joined to large ones."""
    monkeypatch.setattr(search, "TAIL_MAX", 4)
    monkeypatch.setattr(search, "PARTS_MAX", 3)
    monkeypatch.setattr(search, "PART_MAX", 16)
    index = Index()
    for number in range(60):
        index.add([person(number, f"Person Number{chr(97 + number % 26)}{chr(97 + number // 26)}")])
        found = index.search(Wanted(names=(f"Number{chr(97 + number % 26)}{chr(97 + number // 26)}",)))
        assert found[0].id == bytes([number])
    assert len(index) == 60
    assert index.remove("person", bytes([7])) and not index.remove("person", bytes([7]))
    index.add([person(8, "Somebody Else")])
    ids = [one.id for one in index.search(Wanted(names=("Numberha",), limit=50))]
    assert bytes([7]) not in ids
    assert index.search(Wanted(names=("else somebody",)))[0].id == bytes([8])
    assert sorted(index.known("person")) == [bytes([n]) for n in range(60) if n != 7]


def test_who_is_replaced_is_found_at_every_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk that asks while a notice changes must not be told that nobody of that name is looked for."""
    index = Index()
    one = Findable(kind="person", id=b"1", names=("Wilhelmine Zschokke",))
    index.add([one])
    asked: list[list[bytes]] = []
    lay = Index._lay

    def laid(self: Index, begun: int) -> None:
        asked.append([found.id for found in self.search(Wanted(names=("Wilhelmine Zschokke",)))])
        lay(self, begun)
        asked.append([found.id for found in self.search(Wanted(names=("Wilhelmine Zschokke",)))])

    monkeypatch.setattr(Index, "_lay", laid)
    index.add([structs.replace(one, flags=(HIDDEN,)), structs.replace(one, flags=(LISTED,))])
    assert asked == [[b"1"], [b"1"]]
    (found,) = index.search(Wanted(names=("Wilhelmine Zschokke",)))
    assert found.flags == (LISTED,)
    assert index.remove("person", b"1")
    assert index.search(Wanted(names=("Wilhelmine Zschokke",))) == []


def test_who_is_replaced_while_others_search_is_found_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index()
    one = Findable(kind="person", id=b"1", names=("Wilhelmine Zschokke",))
    index.add([one, structs.replace(one, id=b"2", names=("Ottokar Przybylski",))])
    candidates, replaced = Index.candidates, []

    def meanwhile(self: Index, asked: Asked) -> object:
        found = candidates(self, asked)
        if not replaced:
            replaced.append(one)
            self.add([structs.replace(one, flags=(HIDDEN,))])
        return found

    monkeypatch.setattr(Index, "candidates", meanwhile)
    (found,) = [each for each in index.search(Wanted(names=("Wilhelmine Zschokke",))) if each.id == b"1"]
    assert found.flags == (HIDDEN,)


def test_an_empty_index_and_an_empty_name_find_nobody(index: Index) -> None:
    assert Index().search(Wanted(names=("Zoé",))) == []
    assert index.search(Wanted(names=("🙂",))) == []
    assert index.search(Wanted(names=())) == []


def test_the_public_finds_listed_appeals_alone() -> None:
    people = People()
    people.add(
        [
            person(1, "Zoé Martin", flags=(LISTED,)),
            person(2, "Zoé Martin"),
            person(3, "Zoé Martin", flags=(LISTED, DO_NOT_FIND)),
            person(4, "Zoé Martin", flags=(LISTED, HIDDEN)),
            Findable(kind="checkin", id=b"\x05", names=("Zoé Martin",)),
        ]
    )
    everybody = Wanted(names=("Zoé Martin",))
    assert len(people.search(everybody)) == 5
    assert [one.id for one in people.search(Wanted(names=("Zoé Martin",), scope="public"))] == [b"\x01"]
    assert [one.id for one in people.search(Wanted(names=("Zoé Martin",), kinds=("checkin",)))] == [b"\x05"]
    people.add([person(1, "Zoé Martin")])
    assert people.search(Wanted(names=("Zoé Martin",), scope="public")) == [], "no longer listed"
    people.remove("person", b"\x02")
    assert len(people.search(everybody)) == 4


def test_a_limit_holds_whatever_is_asked(index: Index) -> None:
    index.add(person(100 + number, f"Zoé Martin{chr(97 + number)}") for number in range(26))
    index.add(Findable(kind="other", id=bytes([number]), names=("Zoé Martin",)) for number in range(60))
    assert len(index.search(Wanted(names=("Zoé Martin",), limit=10_000))) == 50
    assert index.search(Wanted(names=("Zoé Martin",), limit=-1)) == []
    assert index.search(Wanted(names=("x",) * 5 + ("Zoé Martin",))) == index.search(Wanted(names=("x",)))


@given(
    st.lists(st.text(max_size=200), max_size=4),
    st.text(max_size=200),
    st.integers(-(10**30), 10**30),
    st.dates(),
    st.text(max_size=300),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_breaks_nothing(names, asked, age, born, words) -> None:
    index = Index()
    index.add([Findable(kind="person", id=b"1", names=tuple(names), age=age, born=born, place=words, words=words)])
    index.add([person(2, "Zoé Martin")])
    found = index.search(Wanted(names=(asked,), age=-age, born=born, sex="f", place=words, words=words))
    assert all(0 <= one.score <= 1 for one in found)


@pytest.mark.parametrize("asked", ["Mouhamad El Kouri", "Mohammed Al Khouri", "Kouri Mouhamad", "محمد الخوري"])
def test_a_name_entered_in_arabic_script_is_found_in_latin_letters_before_those_nearly_alike(asked: str) -> None:
    names = ["Mohamed Courbet", "Muriel El Khatib", "Ahmad Khoury", "Mohammed Elkaïm", "محمد الخوري", "محمد خليل"]
    index = Index()
    index.add(person(number, name) for number, name in enumerate(names))
    found = index.search(Wanted(names=(asked,)))
    assert names[found[0].id[0]] == "محمد الخوري", [(names[one.id[0]], one.score) for one in found[:3]]


def test_of_those_entered_in_arabic_script_alone_most_are_found_by_what_is_typed_in_latin_letters() -> None:
    """Measured among 30,000: 8 of 100 by name alone before consonants were compared, 78 since."""
    city = City(5)
    people = list(city.people(6_000))
    arab = [one for one in people if one.origin.rules == "arabic" and all(ARABIC.get(word) for word in one.words)]
    script = {one.record.id: " ".join(ARABIC[word].replace("_", " ") for word in one.words) for one in arab}
    index = Index()
    index.add(structs.replace(one.record, names=(script.get(one.record.id, one.record.names[0]),)) for one in people)
    asked = [city.question(one) for one in arab[:100]]
    found = [{each.id for each in index.search(Wanted(names=one.wanted.names))} for one in asked]
    assert sum(one.about.record.id in ids for one, ids in zip(asked, found, strict=True)) >= 0.7 * len(asked)
