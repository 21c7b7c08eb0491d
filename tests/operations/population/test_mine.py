"""The private link opens one's own words, and nothing else does; what is erased leaves nothing behind."""

import os
from datetime import UTC, datetime

import pytest

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import crises, mine, telling
from necmergitur.operations.population.checkins import text_of
from necmergitur.operations.population.mine import Mine
from necmergitur.people.checkins import Status
from tests.operations.population.scene import FIRST, KEPT, Night


@pytest.fixture
def crisis(night: Night):
    return night.opened(night.call().id)


def found(night: Night, link: bytes, *, drill: bool = False) -> Mine | None:
    return mine.find(night.store, night.keys.of, link, night.now, drill=drill)


def changed(night: Night, link: bytes, status: Status):
    return mine.change(night.store, night.keys.of, link, status, os.urandom(16), night.now, drill=False)


def test_a_private_link_opens_what_its_person_said_and_a_guessed_one_opens_nothing(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie Durand", contact="06 12 34 56 78", tell=["maman@example.org"])
    held = found(night, answer.link)
    assert held is not None
    assert (held.said.name, held.status, held.changed_at) == ("Amélie Durand", Status.SAFE, night.now)
    assert text_of(held.share) == text_of(answer.share)
    assert [found(night, guess) for guess in (os.urandom(16), answer.share, b"", answer.link[:15])] == [None] * 4


def test_a_link_of_a_drill_opens_nothing_of_a_crisis_nor_the_other_way(night: Night, crisis) -> None:
    drill = night.opened(None)
    real, played = night.says(crisis, "Amélie"), night.says(drill, "Bob")
    assert found(night, real.link, drill=True) is found(night, played.link) is None
    assert found(night, real.link) and found(night, played.link, drill=True)


def test_a_share_link_shows_a_name_an_answer_and_when(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie Durand", "hurt", contact="06 12 34 56 78", words="rue de Rivoli")
    shown = mine.shared(night.store, night.keys.of, answer.share, night.now, drill=False)
    assert shown is not None
    assert (shown.name, shown.status, shown.changed_at) == ("Amélie Durand", Status.HURT, night.now)
    assert not {"words", "contact", "said"} & set(shown.__struct_fields__)
    assert mine.shared(night.store, night.keys.of, answer.link, night.now, drill=False) is None


def test_who_says_something_else_is_sealed_again_and_rooted_again(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie", "hurt", contact="06 12 34 56 78")
    before = night.rows("SELECT salt, sealed, contact FROM population.checkin")
    outcome = changed(night, answer.link, Status.SAFE)
    assert isinstance(outcome, Mine)
    after = night.rows("SELECT salt, sealed, contact, status, rev FROM population.checkin")
    assert after[0][0] != before[0][0] and after[0][1] != before[0][1]
    assert (after[0][2], after[0][3], after[0][4]) == (before[0][2], 1, 2)
    assert night.rows("SELECT count(*) FROM population.batch") == [(2,)]
    held = found(night, answer.link)
    assert held is not None and held.said.name == "Amélie"


def test_who_takes_their_words_back_is_found_by_no_number_and_cannot_bring_them_back(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie", contact="06 12 34 56 78")
    assert isinstance(changed(night, answer.link, Status.WITHDRAWN), Mine)
    assert night.rows("SELECT status, contact FROM population.checkin") == [(4, None)]
    again = changed(night, answer.link, Status.SAFE)
    assert isinstance(again, Refusal) and again.rule == "checkin_withdrawn"


def test_erasing_deletes_the_row_with_its_salt_and_the_link_is_then_a_guess(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie")
    kept = night.says(crisis, "Bob")
    assert mine.erase(night.store, night.keys.of, answer.link, night.now, drill=False)
    assert night.rows("SELECT count(*) FROM population.checkin") == [(1,)]
    assert found(night, answer.link) is None
    assert not mine.erase(night.store, night.keys.of, answer.link, night.now, drill=False)
    assert found(night, kept.link) is not None


def test_erasing_takes_along_what_waits_to_be_sent_about_somebody(night: Night, crisis) -> None:
    answer = night.says(crisis, "Amélie", tell=["maman@example.org"])
    night.says(crisis, "Bob", tell=["papa@example.org"])
    envelopes = telling.Envelopes(night.keys.of, os.urandom, "https://nec.example.org", UTC)
    assert telling.unfold(night.store, envelopes, night.now) == 2
    assert mine.erase(night.store, night.keys.of, answer.link, night.now, drill=False)
    assert night.rows("SELECT count(*) FROM population.message") == [(1,)]


def test_after_the_end_one_may_take_back_and_erase_until_all_is_erased(night: Night, crisis) -> None:
    amelie, bob, chloe = (night.says(crisis, name).link for name in ("Amélie", "Bob", "Chloé"))
    night.now = datetime.now(UTC)  # PostgreSQL's own clock judges what is still kept
    assert not isinstance(crises.close(night.store, crisis.id, FIRST, night.now), Refusal)
    refused = changed(night, amelie, Status.HURT)
    assert isinstance(refused, Refusal) and refused.rule == "crisis_closed"
    assert isinstance(changed(night, amelie, Status.WITHDRAWN), Mine)
    assert mine.erase(night.store, night.keys.of, bob, night.now, drill=False)
    night.wait(KEPT.total_seconds())
    assert found(night, chloe) is None
