"""Somebody looked for: declared, followed, listed as the author chooses, and what is said of them counts by its source."""

import os
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import crises, missing, questions, tending
from necmergitur.operations.population.missing import Seen
from necmergitur.people.crises import Crisis
from necmergitur.people.notes import Assurance, Status
from necmergitur.people.records import Note
from tests.operations.population.scene import FIRST, KEPT, SECOND, Night
from tests.operations.population.search import declared, declares, found_by_nobody, salt
from tests.operations.scene import refused

PHONE = "06 12 34 56 78"
DESK = Who(101, "operator")


def note(text: str = "", status: str = "") -> Note:
    return Note(note_record_id="x/n", person_record_id="x/p", text=text, status=status, author_name="Rose")


def followed(night: Night, crisis: Crisis, link: bytes) -> Seen:
    found = missing.follow(night.store, crisis, night.key(crisis), link, night.now)
    assert found is not None
    return found


def says(night: Night, crisis: Crisis, link: bytes, text: str, status: str = "", once: bytes = b"") -> Any:
    once = once or os.urandom(16)
    key = night.key(crisis)
    return missing.say(night.store, crisis, key, link, note(text, status), once, salt(), night.now)


def tips(night: Night, crisis: Crisis, person: bytes, text: str, status: str = "") -> Any:
    key = night.key(crisis)
    return missing.tip(night.store, crisis, key, person, note(text, status), os.urandom(16), salt(), night.now)


def writes(night: Night, crisis: Crisis, person: bytes, status: str, by: Who = FIRST) -> Any:
    key = night.key(crisis)
    said = note("the desk", status)
    return tending.write(night.store, crisis, key, person, said, by, os.urandom(16), salt(), night.now)


def appeals(night: Night, crisis: Crisis) -> list[str]:
    found = missing.appeals(night.store, crisis, night.key(crisis), night.now)
    return [seen.notice.person.full_name for seen in found]


def row_of(night: Night, crisis: Crisis, link: bytes) -> bytes:
    return night.key(crisis).row_of(link)


def test_a_notice_is_followed_by_its_link_and_read_by_nobody_else(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, description="red coat", sought=PHONE)
    seen = followed(night, crisis, link)
    assert (seen.notice.person.full_name, seen.verdict, seen.notes) == ("Amélie Durand", None, [])
    assert appeals(night, crisis) == []
    key = night.key(crisis)
    assert missing.appeal(night.store, crisis, key, row_of(night, crisis, link), night.now) is None
    assert missing.follow(night.store, crisis, key, os.urandom(16), night.now) is None


def test_the_same_form_sent_twice_is_one_notice(night: Night) -> None:
    crisis = night.opened()
    once = os.urandom(16)
    assert declares(night, crisis, once) == declares(night, crisis, once)
    assert night.rows("SELECT count(*) FROM population.person") == [(1,)]


def test_an_appeal_is_its_authors_choice_and_waits_for_the_desk(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, listed="yes")
    other = declares(night, crisis, name="Bob")
    assert appeals(night, crisis) == []
    persons, _notes = tending.waiting(night.store, crisis, night.key(crisis), night.now)
    assert [seen.notice.person.full_name for seen in persons] == ["Amélie Durand"]
    assert tending.show(night.store, crisis, row_of(night, crisis, link), DESK, night.now) is True
    assert tending.show(night.store, crisis, row_of(night, crisis, other), DESK, night.now) is True
    assert appeals(night, crisis) == ["Amélie Durand"], "the desk lists nobody whose author did not choose it"
    missing.choose(night.store, crisis, night.key(crisis), link, night.now, listed=False)
    assert appeals(night, crisis) == []
    missing.choose(night.store, crisis, night.key(crisis), link, night.now, listed=True)
    assert appeals(night, crisis) == [], "an appeal chosen again waits again"


@pytest.mark.parametrize("step", ["hide", "expire"])
def test_what_the_desk_hides_or_ends_is_listed_no_more(night: Night, step: str) -> None:
    crisis = night.opened()
    link = declares(night, crisis, listed="yes")
    person = row_of(night, crisis, link)
    tending.show(night.store, crisis, person, DESK, night.now)
    assert getattr(tending, step)(night.store, crisis, person, DESK, night.now) is True
    assert appeals(night, crisis) == []
    missing.choose(night.store, crisis, night.key(crisis), link, night.now, listed=True)
    assert appeals(night, crisis) == [], "and its author cannot undo it"


def test_a_minor_is_listed_by_the_desk_alone(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, listed="yes", age="9")
    with night.store.transaction() as tx:
        tx.change_person(crisis.id, row_of(night, crisis, link), {"hidden": 0}, night.now)
    assert appeals(night, crisis) == []
    tending.show(night.store, crisis, row_of(night, crisis, link), DESK, night.now)
    assert appeals(night, crisis) == ["Amélie Durand"]


def test_only_the_desk_tends(night: Night) -> None:
    crisis = night.opened()
    person = row_of(night, crisis, declares(night, crisis))
    pilot = Who(105, "pilot")
    for step in (tending.show, tending.hide, tending.expire, tending.verify):
        assert refused(step(night.store, crisis, person, pilot, night.now)) == "notice_not_yours"
    assert refused(tending.judge(night.store, crisis, person, pilot, keep=True)) == "notice_not_yours"
    assert refused(writes(night, crisis, person, "believed_alive", pilot)) == "notice_not_yours"
    assert refused(writes(night, crisis, person, "believed_dead", DESK)) == "death_not_yours"


def test_an_authors_word_is_a_relatives_once_they_were_called_back(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis)
    says(night, crisis, link, "she called", "believed_alive")
    assert followed(night, crisis, link).verdict.assurance is Assurance.PUBLIC  # type: ignore[union-attr]
    tending.verify(night.store, crisis, row_of(night, crisis, link), DESK, night.now)
    night.wait(1)
    says(night, crisis, link, "she is not here", "believed_missing")
    seen = followed(night, crisis, link)
    assert seen.verdict is not None
    assert (seen.verdict.status, seen.verdict.assurance) == (Status.MISSING, Assurance.RELATIVE)
    assert [told.note.text for told in seen.notes] == ["she called", "she is not here"]
    assert seen.conflict


def test_a_strangers_word_is_read_by_the_desk_before_anybody_else(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, listed="yes")
    person = row_of(night, crisis, link)
    assert refused(tips(night, crisis, person, "seen")) == "notice_unknown", "not listed yet"
    tending.show(night.store, crisis, person, DESK, night.now)
    assert tips(night, crisis, person, "seen at the station", "believed_alive") is True
    assert followed(night, crisis, link).notes == []
    _persons, (told,) = tending.waiting(night.store, crisis, night.key(crisis), night.now)
    tending.judge(night.store, crisis, told.kept.id, DESK, keep=True)
    assert [each.note.text for each in followed(night, crisis, link).notes] == ["seen at the station"]
    assert tending.flag(night.store, crisis, told.kept.id, night.now)
    assert followed(night, crisis, link).verdict is None
    tending.judge(night.store, crisis, told.kept.id, DESK, keep=False)
    assert followed(night, crisis, link).notes == []


def test_dead_is_said_by_two_officials_and_leaves_the_desk_once_the_family_was_told(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    link = declares(night, crisis)
    person = row_of(night, crisis, link)
    assert refused(says(night, crisis, link, "I heard so", "believed_dead")) == "death_not_yours"
    assert writes(night, crisis, person, "believed_dead") is True
    (told,) = tending.one(night.store, crisis, key, person, night.now).notes  # type: ignore[union-attr]
    assert refused(tending.family_told(night.store, crisis, told.kept.id, FIRST, night.now)) == "death_not_agreed"
    assert refused(tending.agree(night.store, crisis, told.kept.id, FIRST)) == "death_two_people"
    assert tending.agree(night.store, crisis, told.kept.id, SECOND) is True
    seen = tending.one(night.store, crisis, key, person, night.now)
    assert seen is not None
    assert seen.verdict is not None
    assert seen.verdict.status is Status.DEAD
    assert followed(night, crisis, link).notes == [], "no page tells a family"
    assert tending.family_told(night.store, crisis, told.kept.id, SECOND, night.now) is True
    assert followed(night, crisis, link).verdict.status is Status.DEAD  # type: ignore[union-attr]


def test_postgresql_itself_refuses_a_death_of_one_person_or_of_no_official(night: Night) -> None:
    crisis = night.opened()
    person = row_of(night, crisis, declares(night, crisis))
    writes(night, crisis, person, "believed_dead")
    for change in (
        "UPDATE population.note SET agreed_by = by",
        "UPDATE population.note SET family_told_at = now()",
        "UPDATE population.note SET status = 3",
        "UPDATE population.note SET assurance = 4",
        "UPDATE population.note SET by = 103",
        """INSERT INTO population.note (crisis_id, id, person, salt, sealed, status, assurance, source_at, entered_at)
        SELECT crisis_id, substr(sha256(id), 1, 16), person, salt, sealed, 5, 1, now(), now() FROM population.note""",
    ):
        with pytest.raises(psycopg.Error), night.store.cursor() as cursor:
            cursor.execute(change)


def test_whoever_does_not_want_to_be_found_is_in_no_list_whatever_the_desk_does(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    link = declares(night, crisis, sought=PHONE, listed="yes")
    person = row_of(night, crisis, link)
    tending.show(night.store, crisis, person, DESK, night.now)
    mine = night.says(crisis, "Amélie", contact="+33612345678")
    assert found_by_nobody(night, crisis, mine.link)
    assert appeals(night, crisis) == []
    assert refused(tending.show(night.store, crisis, person, DESK, night.now)) == "not_to_be_found"
    tending.hide(night.store, crisis, person, DESK, night.now)
    assert refused(tending.show(night.store, crisis, person, DESK, night.now)) == "not_to_be_found"
    missing.choose(night.store, crisis, key, link, night.now, listed=True)
    again = declares(night, crisis, sought=PHONE, listed="yes")
    assert refused(tending.show(night.store, crisis, row_of(night, crisis, again), DESK, night.now)) == (
        "not_to_be_found"
    )
    assert appeals(night, crisis) == []


def test_checking_in_proposes_to_close_the_notice_and_the_desk_decides(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, sought=PHONE)
    assert tending.closing(night.store, crisis) == []
    night.says(crisis, "Amélie", contact=PHONE)
    questions.match(night.store, crisis, night.now)
    (tie,) = tending.closing(night.store, crisis)
    assert tie.left == row_of(night, crisis, link)
    assert tending.decide(night.store, crisis, tie, DESK, night.now, same=True) is True
    questions.match(night.store, crisis, night.now)
    assert tending.closing(night.store, crisis) == []


def test_duplicates_are_proposed_linked_in_circles_and_undone(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    a, b, c = (row_of(night, crisis, declares(night, crisis, name=n, sought=PHONE)) for n in ("A", "B", "C"))
    questions.match(night.store, crisis, night.now)
    assert len(tending.proposed(night.store, crisis, key, night.now)) == 3
    for left, right in ((a, b), (b, c), (c, a)):
        assert tending.link(night.store, crisis, left, right, DESK, night.now) is True
    assert {seen.row.id for seen in tending.circle(night.store, crisis, key, a, night.now)} == {a, b, c}
    assert tending.proposed(night.store, crisis, key, night.now) == []
    for left, right in ((a, b), (c, a)):
        assert tending.unlink(night.store, crisis, left, right, DESK, night.now) is True
    assert {seen.row.id for seen in tending.circle(night.store, crisis, key, a, night.now)} == {a}
    assert {seen.row.id for seen in tending.circle(night.store, crisis, key, b, night.now)} == {b, c}
    questions.match(night.store, crisis, night.now)
    assert tending.proposed(night.store, crisis, key, night.now) == [], "what people undid is not proposed again"
    assert refused(tending.link(night.store, crisis, a, a, DESK, night.now)) == "tie_to_itself"
    assert refused(tending.link(night.store, crisis, a, b"?" * 16, DESK, night.now)) == "notice_unknown"


def test_a_notice_taken_back_is_gone_with_all_that_was_said(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, sought=PHONE)
    declares(night, crisis, name="Amelie D.", sought=PHONE)
    says(night, crisis, link, "found", "believed_alive")
    questions.match(night.store, crisis, night.now)
    assert missing.take_back(night.store, crisis, night.key(crisis), link)
    assert night.rows(
        "SELECT (SELECT count(*) FROM population.person), (SELECT count(*) FROM population.note),"
        " (SELECT count(*) FROM population.tie)"
    ) == [(1, 0, 0)]


def test_nothing_is_taken_once_the_crisis_is_closed_not_even_by_a_page_that_lies(night: Night) -> None:
    crisis = night.opened()
    declares(night, crisis)
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    key, said = night.key(crisis), declared(night, crisis)
    assert refused(missing.declare(night.store, closed, key, said, salt(), night.now)) == "crisis_closed"
    with pytest.raises(StoreRefused, match="NM018"):
        declares(night, crisis)  # the crisis as this process still knows it


def test_a_crisis_without_the_search_takes_no_notice(night: Night) -> None:
    crisis = night.opened(services=("safe",))
    key, said = night.key(crisis), declared(night, crisis)
    assert refused(missing.declare(night.store, crisis, key, said, salt(), night.now)) == "crisis_closed"


def test_closing_counts_and_the_end_erases_everybody_looked_for(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, sought=PHONE, listed="yes")
    says(night, crisis, link, "red coat")
    night.says(crisis, "Amélie", contact=PHONE)
    questions.match(night.store, crisis, night.now)
    with night.store.transaction() as tx:
        counts = tx.crisis_counts(crisis.id)
    assert {name: counts[name] for name in ("missing", "appeals", "notes", "questions")} == {
        "missing": 1,
        "appeals": 1,
        "notes": 1,
        "questions": 0,
    }
    with pytest.raises(StoreRefused, match="NM017"), night.store.transaction() as tx:
        tx.erase_missing(crisis.id)
    crises.close(night.store, crisis.id, FIRST, night.now)
    night.wait(KEPT.total_seconds())
    assert crises.erase_due(night.store, night.keys, night.now) == 1
    told = msgspec.json.decode(night.facts(f"crisis:{crisis.id}")[-1].payload)
    erased = {name: told["counts"][name] for name in ("checkins", "persons", "notes", "pictures", "questions")}
    assert erased == {"checkins": 1, "persons": 1, "notes": 1, "pictures": 0, "questions": 0}
    for table in ("person", "note", "question", "picture", "picture_look", "tie", "not_to_be_found"):
        assert night.rows(f"SELECT count(*) FROM population.{table}") == [(0,)]


def test_a_first_word_is_never_the_last_nothing_is_said_twice_and_too_much_is_refused(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis)
    once = os.urandom(16)
    assert says(night, crisis, link, "one", once=once) is True
    assert says(night, crisis, link, "other words", once=once) is False, "the same form again changes nothing"
    assert [told.note.text for told in followed(night, crisis, link).notes] == ["one"]


def test_kept_until_the_end_and_not_a_moment_longer(night: Night) -> None:
    crisis = night.opened()
    link = declares(night, crisis, listed="yes")
    tending.show(night.store, crisis, row_of(night, crisis, link), DESK, night.now)
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    key, end = night.key(crisis), night.now + KEPT
    assert missing.follow(night.store, closed, key, link, end - timedelta(seconds=1)) is not None
    assert missing.follow(night.store, closed, key, link, end) is None
    assert missing.appeals(night.store, closed, key, end) == []
