"""Records in and out: a source keeps its own, nobody overrules, and what must not leave does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.adapters.pfif import reading, writing
from necmergitur.adapters.pfif.reading import Document
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import exchange, missing, questions, tending
from necmergitur.operations.population.doubling import Doubles
from necmergitur.operations.population.exchange import Exported, Sender, Taken
from necmergitur.operations.population.missing_ports import Origin
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Found, Wanted
from necmergitur.people.notes import Assurance, Status
from necmergitur.people.records import Person
from tests.operations.population.scene import Night
from tests.operations.population.search import SOURCE, declares, found_by_nobody, salt
from tests.operations.population.test_missing import DESK, row_of, writes
from tests.operations.scene import refused

PARTNER = Sender("token:1", Origin.PARTNER)
OTHER = Sender("token:2", Origin.PARTNER)
HOSPITAL = Sender("desk:103", Origin.LIST, official=True, by=103)
ONE = {"person_record_id": "example.org/1", "full_name": "Zoë Martin"}


def take(night: Night, crisis: Crisis, persons: Any = (), notes: Any = (), by: Sender = PARTNER) -> tuple[Taken, Taken]:
    found = exchange.take(night.store, crisis, night.key(crisis), by, persons, notes, salt, "FR", SOURCE, night.now)
    assert isinstance(found, tuple), found
    return found


def note(**fields: str) -> dict[str, str]:
    return {"note_record_id": "example.org/n1", "person_record_id": "example.org/1", "text": "seen"} | fields


def out(night: Night, crisis: Crisis, *, full: bool = True, **asked: Any) -> Exported:
    return exchange.persons(night.store, crisis, night.key(crisis), night.now, full=full, **asked)


def names(exported: Exported) -> list[str]:
    return [person.full_name for person in exported.persons]


@pytest.mark.corpus
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.4"])
def test_person_finders_samples_go_in_and_come_out_as_they_went(night: Night, corpus: Path, version: str) -> None:
    crisis = night.opened()
    document = reading.read((corpus / "pfif" / f"test.pfif-{version}.xml").read_bytes())
    assert isinstance(document, Document)
    persons, notes = take(night, crisis, document.persons, document.notes)
    assert (persons.written, persons.skipped, notes.written, notes.skipped) == (1, [], len(document.notes), [])
    again = take(night, crisis, document.persons, document.notes)
    assert [(each.written, each.same) for each in again] == [(0, 1), (0, len(document.notes))]
    exported = out(night, crisis)
    back = reading.read(writing.write(exported.persons, exported.notes))
    assert isinstance(back, Document)
    left = [strip(each) for each in (*document.persons, *document.notes)]
    right = [strip(each) for each in (*back.persons, *back.notes)]
    if version != "1.4":
        left[0]["full_name"] = "_test_first_name _test_last_name"
    assert sorted(sorted(each.items()) for each in left) == sorted(sorted(each.items()) for each in right)


def strip(fields: dict[str, str]) -> dict[str, str]:
    """Leave out what the importer writes itself, and empty fields."""
    return {name: " ".join(text.split()) for name, text in sorted(fields.items()) if text and name != "entry_date"}


def test_a_note_for_somebody_unknown_is_refused_with_its_reason(night: Night) -> None:
    crisis = night.opened()
    persons, notes = take(night, crisis, [ONE], [note(), note(note_record_id="a/2", person_record_id="example.org/9")])
    assert (persons.written, notes.written, notes.skipped) == (1, 1, [("a/2", "person_unknown")])


def test_expired_and_future_records_are_refused_and_an_expiry_that_comes_is_honoured(night: Night) -> None:
    crisis = night.opened()
    soon = (night.now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [
        ONE | {"expiry_date": soon},
        ONE | {"person_record_id": "example.org/2", "expiry_date": "2020-01-01T00:00:00Z"},
        ONE | {"person_record_id": "example.org/3", "source_date": "2099-01-01T00:00:00Z"},
    ]
    persons, _notes = take(night, crisis, rows)
    assert persons.skipped == [("example.org/2", "record_expired"), ("example.org/3", "record_ahead")]
    assert names(out(night, crisis)) == ["Zoë Martin"]
    night.wait(2 * 3_600)
    assert names(out(night, crisis)) == []
    key = night.key(crisis)
    assert not exchange.person(night.store, crisis, key, "example.org/1", night.now, full=True).persons


def test_a_source_changes_its_own_records_and_nobody_elses_nor_ours(night: Night) -> None:
    crisis = night.opened()
    take(night, crisis, [ONE])
    persons, _notes = take(night, crisis, [ONE | {"full_name": "Somebody Else"}], by=OTHER)
    assert persons.skipped == [("example.org/1", "record_of_others")]
    link = declares(night, crisis)
    ours = f"{SOURCE}/person.{row_of(night, crisis, link).hex()}"
    persons, _notes = take(night, crisis, [ONE | {"person_record_id": ours}])
    assert persons.skipped == [(ours, "record_ours")]
    take(night, crisis, [ONE | {"full_name": "Zoé Martin"}])
    assert sorted(names(out(night, crisis))) == ["Amélie Durand", "Zoé Martin"]


def test_no_partner_says_dead_and_a_hospital_says_it_for_a_second_person_to_agree(night: Night) -> None:
    crisis = night.opened()
    said = note(status="believed_dead")
    _persons, notes = take(night, crisis, [ONE], [said])
    assert notes.skipped == [("example.org/n1", "death_not_yours")]
    _persons, notes = take(night, crisis, [], [said], HOSPITAL)
    assert notes.written == 1
    exported = out(night, crisis)
    assert list(exported.notes.values()) == [[]], "not before two agreed and the family knows"
    _waiting, (told,) = tending.waiting(night.store, crisis, night.key(crisis), night.now)
    assert refused(tending.agree(night.store, crisis, told.kept.id, Who(103, "duty_officer"))) == "death_two_people"
    assert tending.agree(night.store, crisis, told.kept.id, Who(102, "lead")) is True
    assert list(out(night, crisis).notes.values()) == [[]]
    tending.family_told(night.store, crisis, told.kept.id, Who(102, "lead"), night.now)
    assert [n.status for of in out(night, crisis).notes.values() for n in of] == ["believed_dead"]


def test_contradicting_notes_are_all_shown_and_the_hospital_outweighs_the_public(night: Night) -> None:
    crisis = night.opened()
    take(night, crisis, [ONE], [note(status="believed_missing", source_date="2026-03-01T19:59:00Z")])
    take(night, crisis, [], [note(note_record_id="h/1", status="believed_alive")], HOSPITAL)
    take(night, crisis, [], [note(note_record_id="example.org/n3", status="believed_missing")])
    key = night.key(crisis)
    seen = tending.one(night.store, crisis, key, key.lookup("record", "example.org/1"), night.now)
    assert seen is not None
    assert seen.verdict is not None
    assert (seen.verdict.status, seen.verdict.assurance) == (Status.ALIVE, Assurance.OFFICIAL)
    assert seen.conflict
    assert len(seen.notes) == 3


def test_links_in_a_circle_and_to_oneself_are_harmless(night: Night) -> None:
    crisis = night.opened()
    ids = [f"example.org/{n}" for n in (1, 2, 3)]
    persons = [ONE | {"person_record_id": each} for each in ids]
    pairs = [(0, 1), (1, 2), (2, 0), (0, 0), (1, 0)]
    notes = [
        note(note_record_id=f"a/{n}", person_record_id=ids[a], linked_person_record_id=ids[b])
        for n, (a, b) in enumerate(pairs)
    ]
    _persons, taken = take(night, crisis, persons, notes)
    assert taken.written == 5
    pairs_now = tending.proposed(night.store, crisis, night.key(crisis), night.now)
    assert len(pairs_now) == 3
    for pair in pairs_now:
        tending.link(night.store, crisis, pair.tie.left, pair.tie.right, DESK, night.now)
    circle = tending.circle(night.store, crisis, night.key(crisis), pairs_now[0].tie.left, night.now)
    assert len(circle) == 3


def test_whoever_does_not_want_to_be_found_is_taken_in_by_no_list(night: Night) -> None:
    crisis = night.opened()
    mine = night.says(crisis, "Zoë", contact="+33612345678")
    assert found_by_nobody(night, crisis, mine.link)
    persons, _notes = take(night, crisis, [ONE | {"sought_phone": "06 12 34 56 78"}], by=HOSPITAL)
    assert persons.skipped == [("example.org/1", "record_not_taken")]
    assert names(out(night, crisis)) == []


def test_a_hospitals_list_meets_the_notices_of_families_in_a_queue(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, sought="+33612345678")
    take(night, crisis, [ONE | {"sought_phone": "06 12 34 56 78"}], [note(status="believed_alive")], HOSPITAL)
    questions.match(night.store, crisis, night.now)
    (pair,) = tending.proposed(night.store, crisis, night.key(crisis), night.now)
    assert {pair.left.notice.person.full_name, pair.right.notice.person.full_name} == {"Amélie Durand", "Zoë Martin"}
    assert missing.follow(night.store, crisis, night.key(crisis), link, night.now).verdict is None  # type: ignore[union-attr]
    assert tending.link(night.store, crisis, pair.tie.left, pair.tie.right, DESK, night.now) is True


def test_outside_goes_what_may_be_read_and_nothing_of_minors_the_hidden_or_the_private(night: Night) -> None:
    crisis = night.opened()
    appeal = declares(night, crisis, name="Appeal", listed="yes", description="red coat", sought="+33612345678")
    tending.show(night.store, crisis, row_of(night, crisis, appeal), DESK, night.now)
    declares(night, crisis, name="Quiet")
    declares(night, crisis, name="Child", age="9")
    hidden = declares(night, crisis, name="Hidden")
    tending.hide(night.store, crisis, row_of(night, crisis, hidden), DESK, night.now)
    take(night, crisis, [ONE | {"author_email": "x@example.org", "date_of_birth": "1990-01-01"}])
    assert names(out(night, crisis, full=False)) == ["Appeal"]
    assert sorted(names(out(night, crisis))) == ["Appeal", "Quiet", "Zoë Martin"]
    (public,) = out(night, crisis, full=False).persons
    assert (public.author_email, public.author_phone) == ("", "")
    key = night.key(crisis)
    for number, full, there in (("example.org/1", True, 1), ("example.org/1", False, 0), ("example.org/7", True, 0)):
        assert len(exchange.person(night.store, crisis, key, number, night.now, full=full).persons) == there
    assert b"612345678" not in writing.write(out(night, crisis).persons, {})


def test_feeds_are_read_on_from_an_instant_page_by_page_and_miss_nothing(night: Night) -> None:
    crisis = night.opened()
    many = [ONE | {"person_record_id": f"example.org/{n}", "full_name": f"P{n:03}"} for n in range(450)]
    persons, _notes = take(night, crisis, many)
    assert persons.written == 450
    read: list[str] = []
    since = night.now
    for skip in (0, 200, 400):
        read += names(out(night, crisis, since=since, skip=skip, limit=10_000))
    assert read == [f"P{n:03}" for n in range(450)]
    assert names(out(night, crisis, limit=1)) == ["P449"], "without an instant, the newest"


class Alike:
    """A finder that takes everybody for everybody, once it is there."""

    def __init__(self) -> None:
        self.there = False
        self.found: list[Found] = []

    def find(self, _crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        assert wanted.kinds == ("person",)
        return self.found if self.there else Refusal(rule="finder_away")


def test_records_of_like_names_are_proposed_once_and_none_is_passed_over(night: Night) -> None:
    crisis = night.opened()
    take(night, crisis, [ONE, ONE | {"person_record_id": "example.org/2"}], by=HOSPITAL)
    key, finder = night.key(crisis), Alike()
    first, second = (key.lookup("record", f"example.org/{n}") for n in (1, 2))
    finder.found = [Found("person", first, 0.95), Found("person", second, 0.9), Found("person", b"?" * 16, 0.7)]
    doubles = Doubles(night.store, night.keys.of, finder)
    assert doubles.propose(night.now) == 0
    finder.there = True
    assert doubles.propose(night.now) == 1
    assert doubles.propose(night.now) == 0
    (pair,) = tending.proposed(night.store, crisis, key, night.now)
    tending.unlink(night.store, crisis, pair.tie.left, pair.tie.right, DESK, night.now)
    assert Doubles(night.store, night.keys.of, finder).propose(night.now) == 0, "what people undid stays undone"


@pytest.mark.parametrize(
    ("words", "named"),
    [("zoe", True), ("MART zo", True), ("martín", True), ("oë", False), ("", False), ("zoe durand", False)],
)
def test_a_search_by_words_follows_person_finders_rule(words: str, named: bool) -> None:
    person = Person(person_record_id="a/1", full_name="Zoë Martin")
    assert exchange.named(person, words) is named


def test_nothing_goes_out_after_the_end_and_nothing_comes_in_after_closing(night: Night) -> None:
    crisis = night.opened()
    take(night, crisis, [ONE])
    writes(night, crisis, night.key(crisis).lookup("record", "example.org/1"), "believed_alive")
    closed = msgspec.structs.replace(crisis, closed_at=night.now, purge_at=night.now)
    assert not out(night, closed).persons
    key = night.key(crisis)
    refusal = exchange.take(night.store, closed, key, PARTNER, [ONE], [], salt, "FR", SOURCE, night.now)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "crisis_closed"
