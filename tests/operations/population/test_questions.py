"""Whoever asks after somebody learns what that person lets them know, and nothing else."""

import base64
import os
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import mine, missing, questions, relaying, tending
from necmergitur.operations.population.checkins import Registered, text_of
from necmergitur.operations.population.finding import SureFinder
from necmergitur.operations.population.missing_ports import TieState
from necmergitur.operations.population.telling import Envelopes
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Found, Wanted
from necmergitur.people.letters import Letter
from necmergitur.people.notes import Assurance, Status
from necmergitur.people.notices import Reply
from tests.operations.population.scene import Night
from tests.operations.population.search import asks, declares, found_by_nobody, question, salt
from tests.operations.scene import refused

PHONE = "06 12 34 56 78"


def told_links(night: Night, crisis: Crisis) -> list[bytes]:
    questions.match(night.store, crisis, night.now)
    found = questions.to_tell(night.store, crisis, night.key(crisis))
    for each in found:
        with night.store.transaction() as tx:
            assert questions.told(tx, crisis, each, night.now)
    return [each.link for each in found]


def test_a_question_reaches_the_person_and_their_answer_reaches_the_asker(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    night.says(crisis, "Amélie Durand", contact=PHONE)
    link = asks(night, crisis, "+33 6 12 34 56 78", relation="sister")
    questions.match(night.store, crisis, night.now)
    (tell,) = questions.to_tell(night.store, crisis, key)
    assert (tell.to, tell.asker, tell.relation) == (Contact("phone", "+33612345678"), "Rose Durand", "sister")
    with night.store.transaction() as tx:
        assert questions.told(tx, crisis, tell, night.now)
        assert not questions.told(tx, crisis, tell, night.now)
    assert questions.to_tell(night.store, crisis, key) == [], "nobody is written to twice"
    seen = questions.asked_of(night.store, crisis, key, tell.link, night.now)
    assert seen is not None
    assert seen.question.name == "Rose Durand"
    assert questions.answer(night.store, crisis, key, tell.link, Reply("safe", "at home"), salt(), night.now) is True
    asked = questions.follow(night.store, crisis, key, link, night.now)
    assert asked is not None
    assert asked.reply == Reply("safe", "at home")
    assert refused(questions.answer(night.store, crisis, key, tell.link, Reply("refuse"), salt(), night.now)) == (
        "question_answered"
    )


def test_the_relay_writes_to_the_person_and_then_to_the_asker_once_each(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    envelopes = Envelopes(night.keys.of, os.urandom, "https://ville.example.org", UTC)
    night.says(crisis, "Amélie Durand", contact=PHONE)
    link = asks(night, crisis, PHONE)
    asks(night, crisis, "+33699999999")
    assert relaying.relay(night.store, envelopes, night.now) == 1
    assert relaying.relay(night.store, envelopes, night.now) == 0
    (letter,) = letters(night, crisis)
    assert (letter.to.written, letter.kind) == ("+33612345678", "asked")
    answer_link = link_of_letter(letter, "answer")
    assert questions.answer(night.store, crisis, key, answer_link, Reply("safe"), salt(), night.now) is True
    assert relaying.relay(night.store, envelopes, night.now) == 1
    assert relaying.relay(night.store, envelopes, night.now) == 0
    told = next(each for each in letters(night, crisis) if each.kind == "answered")
    assert told.to.written == "rose@example.org"
    assert link_of_letter(told, "asked") == link
    assert questions.take_back(night.store, crisis, key, link)
    assert letters(night, crisis) == [], "what was taken back is not sent any more"


def test_whoever_erases_their_check_in_takes_along_what_was_asked_about_them(night: Night) -> None:
    crisis = night.opened()
    envelopes = Envelopes(night.keys.of, os.urandom, "https://ville.example.org", UTC)
    answer = night.says(crisis, "Amélie Durand", contact=PHONE)
    asks(night, crisis, PHONE)
    assert relaying.relay(night.store, envelopes, night.now) == 1
    assert mine.erase(night.store, night.keys.of, answer.link, night.now, drill=True)
    assert letters(night, crisis) == []
    assert night.rows("SELECT (SELECT count(*) FROM population.tie), (SELECT count(*) FROM population.question)") == [
        (0, 1)
    ]


def test_a_notice_asks_the_person_whose_own_word_outweighs_every_other(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    envelopes = Envelopes(night.keys.of, os.urandom, "https://ville.example.org", UTC)
    link = declares(night, crisis, sought=PHONE, relation="sister")
    night.says(crisis, "Amélie", contact=PHONE)
    assert relaying.relay(night.store, envelopes, night.now) == 1
    assert len(tending.closing(night.store, crisis)) == 1, "the desk may decide meanwhile"
    (letter,) = letters(night, crisis)
    answer_link = link_of_letter(letter, "answer")
    asked = questions.asked_of(night.store, crisis, key, answer_link, night.now)
    assert asked is not None
    assert (asked.notice, asked.question.name, asked.question.relation) == (True, "Rose Durand", "sister")
    assert questions.answer(night.store, crisis, key, answer_link, Reply("safe", "at home"), salt(), night.now) is True
    seen = missing.follow(night.store, crisis, key, link, night.now)
    assert seen is not None
    assert seen.verdict is not None
    assert (seen.verdict.status, seen.verdict.assurance) == (Status.AUTHOR, Assurance.SELF)
    assert [each.note.text for each in seen.notes] == ["at home"]
    assert relaying.relay(night.store, envelopes, night.now) == 1
    told = next(each for each in letters(night, crisis) if each.kind == "answered")
    assert link_of_letter(told, "follow") == link
    assert tending.closing(night.store, crisis) == []


@pytest.mark.parametrize("said", ["refuse", "block"])
def test_whoever_refuses_a_notice_stays_unknown_to_its_author_and_is_proposed_no_more(night: Night, said: Any) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    link = declares(night, crisis, sought=PHONE)
    before = missing.follow(night.store, crisis, key, link, night.now)
    night.says(crisis, "Amélie", contact=PHONE)
    (answer_link,) = told_links(night, crisis)
    assert questions.answer(night.store, crisis, key, answer_link, Reply(said), salt(), night.now) is True
    assert missing.follow(night.store, crisis, key, link, night.now) == before
    questions.match(night.store, crisis, night.now)
    assert told_links(night, crisis) == []
    assert tending.closing(night.store, crisis) == []


def test_answering_one_person_tells_the_author_of_a_notice_nothing(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    link = declares(night, crisis, sought=PHONE, author="A stalker", contact="stalker@example.org")
    night.says(crisis, "Amélie", contact=PHONE)
    asks(night, crisis, PHONE)
    questions.match(night.store, crisis, night.now)
    mother = next(each for each in questions.to_tell(night.store, crisis, key) if each.asker == "Rose Durand")
    questions.answer(night.store, crisis, key, mother.link, Reply("safe"), salt(), night.now)
    seen = missing.follow(night.store, crisis, key, link, night.now)
    assert seen is not None
    assert (seen.verdict, list(seen.notes)) == (None, [])


def letters(night: Night, crisis: Crisis) -> list[Letter]:
    key = night.key(crisis)
    rows = night.rows("SELECT id, salt, sealed FROM population.message")
    plain = [key.unseal(salt, sealed, id_) for id_, salt, sealed in rows]
    return [msgspec.json.decode(each or b"", type=Letter) for each in plain]


def link_of_letter(letter: Letter, kind: str) -> bytes:
    root, _, text = letter.parts["link"].strip("/").rpartition("/")
    assert root == f"https://ville.example.org/drill/find/{kind}"
    return base64.urlsafe_b64decode(text + "==")


class Names:
    """A finder that says what it is told to."""

    def __init__(self, *found: Found) -> None:
        self.found = list(found)

    def find(self, _crisis_id: UUID, wanted: Wanted) -> list[Found] | Refusal:
        assert wanted.kinds == ("checkin",)
        return self.found


def test_a_name_reaches_one_person_of_that_name_and_never_one_of_two(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    first = night.says(crisis, "Amélie Durand", contact=PHONE)
    second = night.says(crisis, "Amélie Durand", contact="+33611111111")
    asks(night, crisis, "Amélie Durand")
    one = Found("checkin", key.row_of(first.link), 0.99, ("name_same",))
    two = Found("checkin", key.row_of(second.link), 0.99, ("name_same",))
    near = Found("checkin", key.row_of(second.link), 0.4, ("name_near",))
    for found, tied in (((one, two), 0), ((near,), 0), ((), 0), ((one, near), 1), ((one, near), 0)):
        matcher = SureFinder(Names(*found), crisis.id)
        assert questions.match_names(night.store, crisis, key, night.now, matcher) == tied
    (tell,) = questions.to_tell(night.store, crisis, key)
    assert tell.to.written == "+33612345678"


def test_nobody_known_refused_and_blocked_look_alike_to_whoever_asks(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    for phone in ("+33612345671", "+33612345672", "+33612345673"):
        night.says(crisis, "Somebody", contact=phone)
    whom = ["+33612345670", "+33612345671", "+33612345672", "+33612345673"]  # unknown, waits, refuses, blocks
    links = [asks(night, crisis, each) for each in whom]
    told = {questions.asked_of(night.store, crisis, key, each, night.now): each for each in told_links(night, crisis)}
    by = {seen.question.about.written: link for seen, link in told.items() if seen and seen.question.about}
    questions.answer(night.store, crisis, key, by[whom[2]], Reply("refuse"), salt(), night.now)
    questions.answer(night.store, crisis, key, by[whom[3]], Reply("block"), salt(), night.now)
    seen = [questions.follow(night.store, crisis, key, link, night.now) for link in links]
    assert [(each.at, each.reply) for each in seen if each] == [(night.now, None)] * 4


def test_whom_somebody_blocked_reaches_them_no_more_under_any_name(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    night.says(crisis, "Amélie", contact=PHONE)
    asks(night, crisis, PHONE)
    (link,) = told_links(night, crisis)
    questions.answer(night.store, crisis, key, link, Reply("block"), salt(), night.now)
    asks(night, crisis, PHONE, name="A Friend", contact="ROSE@example.org")
    assert told_links(night, crisis) == []
    asks(night, crisis, PHONE, contact="father@example.org")
    assert len(told_links(night, crisis)) == 1, "others are not punished"


def test_whoever_does_not_want_to_be_found_is_asked_nothing(night: Night) -> None:
    crisis = night.opened()
    answer = night.says(crisis, "Amélie", contact=PHONE)
    asks(night, crisis, PHONE)
    declares(night, crisis, sought=PHONE, listed="yes")
    assert found_by_nobody(night, crisis, answer.link)
    assert told_links(night, crisis) == []
    assert isinstance(asks(night, crisis, PHONE), bytes), "the same answer"
    assert told_links(night, crisis) == []


def test_the_same_form_sent_twice_is_one_question(night: Night) -> None:
    crisis = night.opened()
    once = os.urandom(16)
    assert asks(night, crisis, PHONE, once) == asks(night, crisis, PHONE, once)
    assert night.rows("SELECT count(*) FROM population.question") == [(1,)]


def test_a_link_that_was_guessed_opens_nothing(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    night.says(crisis, "Amélie", contact=PHONE)
    asks(night, crisis, PHONE)
    (link,) = told_links(night, crisis)
    for guess in (b"", os.urandom(48), link[:32] + os.urandom(16), link[16:32] + link[:16] + link[32:]):
        assert questions.asked_of(night.store, crisis, key, guess, night.now) is None
        assert refused(questions.answer(night.store, crisis, key, guess, Reply("safe"), salt(), night.now)) == (
            "question_unknown"
        )
    assert questions.follow(night.store, crisis, key, os.urandom(16), night.now) is None


def test_a_share_link_asks_too_and_no_question_is_taken_when_no_crisis_is_open(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    answer = night.says(crisis, "Amélie", contact=PHONE)
    asked = questions.ask(
        night.store,
        crisis,
        key,
        question(whom="x", contact="a@example.org").__class__(
            "Rose", Contact("email", "rose@example.org"), share=answer.share
        ),
        os.urandom(16),
        salt(),
        night.now,
    )
    assert isinstance(asked, Registered)
    assert len(told_links(night, crisis)) == 1
    closed = Crisis(**{name: getattr(crisis, name) for name in crisis.__struct_fields__} | {"closed_at": night.now})
    once, seal = os.urandom(16), salt()
    assert refused(questions.ask(night.store, closed, key, question(whom="x"), once, seal, night.now)) == (
        "crisis_closed"
    )


def test_the_address_that_somebody_shared_asks_its_person_and_no_other(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    answer = night.says(crisis, "Amélie", contact=PHONE)
    night.says(crisis, "Amélie", contact="06 12 34 56 79")
    asks(night, crisis, f"https://ville.example.org/drill/safe/s/{text_of(answer.share)}")
    asks(night, crisis, "https://ville.example.org/safe/s/AAAAAAAAAAAAAAAAAAAAAA")
    asks(night, crisis, "/safe/s/short")
    assert {link[16:32] for link in told_links(night, crisis)} == {key.row_of(answer.link)}


def test_a_question_taken_back_is_gone(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    night.says(crisis, "Amélie", contact=PHONE)
    link = asks(night, crisis, PHONE)
    assert len(told_links(night, crisis)) == 1
    assert questions.take_back(night.store, crisis, key, link)
    assert night.rows("SELECT (SELECT count(*) FROM population.question) + (SELECT count(*) FROM population.tie)") == [
        (0,)
    ]


def test_only_sealed_words_reach_the_tables(night: Night) -> None:
    crisis = night.opened()
    night.says(crisis, "Amélie Durand", contact=PHONE)
    asks(night, crisis, "Amélie Durand", words="tell her that Zoé is here")
    declares(night, crisis, description="red coat", sought=PHONE)
    told_links(night, crisis)
    for table in ("question", "person", "tie", "note"):
        held = str(night.rows(f"SELECT t::text FROM population.{table} t")).lower()
        for word in ("durand", "612345678", "rose", "zoé", "coat"):
            assert word not in held
            assert word.encode().hex() not in held


def test_states_of_ties_are_numbers_that_never_change() -> None:
    assert [state.value for state in TieState] == [1, 2, 3, 4, 5, 6, 7, 8]
