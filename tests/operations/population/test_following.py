"""Telephones that are told by themselves: of a change, of a question; sealed, bounded, and gone with their check-in."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from necmergitur.adapters.messages import Messenger, Pusher
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import crises, following, mine, questions, relaying, telling
from necmergitur.operations.population.checkins import Registered, text_of
from necmergitur.operations.population.following import Told, Why
from necmergitur.operations.population.missing_ports import Tie, TieRow, TieState
from necmergitur.operations.population.telling import Envelopes
from necmergitur.people import notices
from necmergitur.people.checkins import Status
from necmergitur.people.constants import FOLLOWERS_MAX
from necmergitur.people.notices import Asking, Question
from tests.operations.population.scene import FIRST, Night
from tests.pushes import HOST, Browser, Service, push_service


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as running:
        yield running


@pytest.fixture
def messenger() -> Messenger:
    return Messenger(None, None, Pusher(bytes(range(32)), "mailto:ville@example.org", (HOST,)))


def envelopes(night: Night) -> Envelopes:
    return Envelopes(night.keys.of, os.urandom, "https://ville.example", ZoneInfo("Europe/Paris"))


def follows(
    night: Night, link: bytes, to: Any, why: Why = Why.CHANGES, language: str = "en", *, drill: bool = True
) -> Any:
    salt = os.urandom(16)
    return following.follow(night.store, night.keys.of, link, why, Told(to, language), salt, night.now, drill=drill)


def tell(night: Night, messenger: Messenger) -> int:
    telling.unfold(night.store, envelopes(night), night.now)
    return telling.send_due(night.store, messenger, envelopes(night), night.now)


def changes(night: Night, answer: Any, status: Status) -> None:
    done = mine.change(night.store, night.keys.of, answer.link, status, os.urandom(16), night.now, drill=True)
    assert isinstance(done, mine.Mine), done


def test_a_relatives_telephone_is_told_of_the_next_change_and_not_of_what_stands(
    night: Night, service: Service, messenger: Messenger
) -> None:
    crisis = night.opened(None)
    answer, browser = night.says(crisis, "Amélie Durand", language="fr"), Browser()
    assert follows(night, answer.share, service.contact(browser)) is True
    assert tell(night, messenger) == 0
    changes(night, answer, Status.HURT)
    assert tell(night, messenger) == 1
    assert tell(night, messenger) == 0
    (shown,) = service.shown(browser)
    assert shown["body"].startswith("[DRILL] Amélie Durand says they are hurt.")
    assert shown["url"] == f"https://ville.example/drill/safe/s/{text_of(answer.share)}"
    assert shown["url"] not in shown["body"]
    assert night.rows("SELECT what, n FROM population.tally") == [("messages_sent", 1)]


def test_relatives_who_were_to_be_told_still_are(night: Night, service: Service, messenger: Messenger) -> None:
    crisis = night.opened(None)
    answer, browser = night.says(crisis, "Bob", tell=["0612345678"]), Browser()
    assert follows(night, answer.share, service.contact(browser)) is True
    assert telling.unfold(night.store, envelopes(night), night.now) == 2


def test_the_same_telephone_twice_is_told_once_and_may_leave(
    night: Night, service: Service, messenger: Messenger
) -> None:
    crisis = night.opened(None)
    answer, browser = night.says(crisis, "Bob"), Browser()
    to = service.contact(browser)
    assert [follows(night, answer.share, to) for _ in range(2)] == [True, True]
    assert night.rows("SELECT followers FROM population.checkin") == [(1,)]
    changes(night, answer, Status.NEED_HELP)
    assert tell(night, messenger) == 1
    leave = following.leave(night.store, night.keys.of, answer.share, Why.CHANGES, to, night.now, drill=True)
    assert leave and night.rows("SELECT followers FROM population.checkin") == [(0,)]
    changes(night, answer, Status.SAFE)
    assert tell(night, messenger) == 0


def test_what_a_browser_gave_is_nowhere_in_clear(night: Night, service: Service, messenger: Messenger) -> None:
    crisis = night.opened(None)
    answer = night.says(crisis, "Amélie Durand")
    follows(night, answer.share, service.contact(Browser(), "unmistakable"))
    changes(night, answer, Status.HURT)
    telling.unfold(night.store, envelopes(night), night.now)
    said = "".join(
        str(bytes(value) if isinstance(value, memoryview) else value)
        for table in ("phone", "message")
        for row in night.rows(f"SELECT * FROM population.{table}")
        for value in row
    )
    assert said and "unmistakable" not in said and str(service.port) not in said


@pytest.mark.parametrize("answer", [404, 410])
def test_a_telephone_that_is_gone_is_forgotten_wherever_it_was(
    night: Night, service: Service, messenger: Messenger, answer: int
) -> None:
    crisis = night.opened(None)
    to = service.contact(Browser())
    people = [night.says(crisis, name) for name in ("Bob", "Zoé")]
    for one in people:
        follows(night, one.share, to)
    service.answer = answer
    changes(night, people[0], Status.HURT)
    assert tell(night, messenger) == 0
    assert night.rows("SELECT count(*) FROM population.phone") == [(0,)]
    assert night.rows("SELECT sum(followers) FROM population.checkin") == [(0,)]
    assert night.rows("SELECT count(*) FROM population.message") == [(0,)], "never tried again"


def test_a_push_service_that_is_away_is_tried_again(night: Night, service: Service, messenger: Messenger) -> None:
    crisis = night.opened(None)
    answer = night.says(crisis, "Bob")
    follows(night, answer.share, service.contact(Browser()))
    changes(night, answer, Status.HURT)
    service.answer = 503
    assert tell(night, messenger) == 0
    service.answer = 201
    night.wait(6)
    assert tell(night, messenger) == 1


def test_at_most_so_many_telephones_follow_one_person(night: Night, service: Service) -> None:
    crisis = night.opened(None)
    answer = night.says(crisis, "Bob")
    done = [follows(night, answer.share, service.contact(Browser(), f"n{n}")) for n in range(FOLLOWERS_MAX)]
    assert done == [True] * FOLLOWERS_MAX
    assert follows(night, answer.share, service.contact(Browser(), "more")) == Refusal(rule="followers_too_many")
    assert follows(night, answer.share, service.contact(Browser(), "n0")) is True, "one that follows already"


def test_a_wrong_link_and_the_other_link_follow_nobody(night: Night, service: Service) -> None:
    crisis = night.opened(None)
    answer, to = night.says(crisis, "Bob"), service.contact(Browser())
    assert follows(night, os.urandom(16), to) is False
    assert follows(night, answer.link, to) is False
    assert follows(night, answer.share, to, Why.QUESTIONS) is False
    assert follows(night, answer.share, to, drill=False) is False
    assert night.rows("SELECT count(*) FROM population.phone") == [(0,)]


def test_who_took_their_words_back_is_followed_no_more_by_anybody_new(
    night: Night, service: Service, messenger: Messenger
) -> None:
    crisis = night.opened(None)
    answer, browser = night.says(crisis, "Bob"), Browser()
    follows(night, answer.share, service.contact(browser))
    changes(night, answer, Status.WITHDRAWN)
    assert tell(night, messenger) == 1
    assert "took their message back" in service.shown(browser)[0]["body"]
    assert follows(night, answer.share, service.contact(Browser(), "late")) == Refusal(rule="checkin_withdrawn")


def test_erasing_oneself_takes_the_telephones_along(night: Night, service: Service) -> None:
    crisis = night.opened(None)
    answer = night.says(crisis, "Bob")
    follows(night, answer.share, service.contact(Browser()))
    follows(night, answer.link, service.contact(Browser(), "own"), Why.QUESTIONS)
    assert mine.erase(night.store, night.keys.of, answer.link, night.now, drill=True)
    assert night.rows("SELECT count(*) FROM population.phone") == [(0,)]


def test_a_person_is_told_on_their_own_telephone_that_somebody_asks(
    night: Night, service: Service, messenger: Messenger
) -> None:
    crisis = night.opened(None)
    answer, browser = night.says(crisis, "Amélie Durand", contact="06 12 34 56 78"), Browser()
    assert follows(night, answer.link, service.contact(browser), Why.QUESTIONS) is True
    assert night.rows("SELECT followers FROM population.checkin") == [(0,)]
    asked = notices.ask(Asking(whom="0612345678", name="Jean", contact="jean@mail.example"), "FR")
    assert isinstance(asked, Question), asked
    questions.ask(night.store, crisis, night.key(crisis), asked, os.urandom(16), os.urandom(16), night.now)
    assert relaying.relay(night.store, envelopes(night), night.now) == 2, "to their number, and to the telephone"
    telling.send_due(night.store, messenger, envelopes(night), night.now)
    (shown,) = service.shown(browser)
    assert shown["body"] == "[DRILL] Somebody asks how you are. You choose whether to answer"
    assert shown["url"].startswith("https://ville.example/drill/find/answer/")


def test_who_asked_is_told_of_the_answer_on_their_telephone(
    night: Night, service: Service, messenger: Messenger
) -> None:
    crisis = night.opened(None)
    night.says(crisis, "Amélie Durand", contact="06 12 34 56 78")
    browser, once = Browser(), os.urandom(16)
    asked = notices.ask(Asking(whom="0612345678", name="Jean", contact="jean@mail.example"), "FR")
    assert isinstance(asked, Question), asked
    mine_now = questions.ask(night.store, crisis, night.key(crisis), asked, once, os.urandom(16), night.now)
    assert isinstance(mine_now, Registered), mine_now
    assert follows(night, mine_now.link, service.contact(browser), Why.ANSWERS) is True
    assert follows(night, os.urandom(16), service.contact(browser), Why.ANSWERS) is False
    relaying.relay(night.store, envelopes(night), night.now)
    (tell_them,) = night.rows('SELECT "left", "right" FROM population.tie')
    left, right = map(bytes, tell_them)
    link = questions.answer_link(
        night.key(crisis), TieRow(kind=Tie.QUESTION, left=left, right=right, state=TieState.TOLD, at=night.now)
    )
    reply = notices.reply("safe", "")
    assert isinstance(reply, notices.Reply)
    done = questions.answer(night.store, crisis, night.key(crisis), link, reply, os.urandom(16), night.now)
    assert done is True
    assert relaying.relay(night.store, envelopes(night), night.now) == 2, "to their address, and to the telephone"
    telling.send_due(night.store, messenger, envelopes(night), night.now)
    (shown,) = service.shown(browser)
    assert shown["body"] == "[DRILL] You have an answer"
    assert shown["url"] == f"https://ville.example/drill/find/asked/{text_of(mine_now.link)}/"
    assert questions.take_back(night.store, crisis, night.key(crisis), mine_now.link)
    assert night.rows("SELECT count(*) FROM population.phone") == [(0,)]


def test_the_end_of_a_crisis_takes_every_telephone_and_counts_them(night: Night, service: Service) -> None:
    crisis = night.opened(None, kept=timedelta(hours=1))
    follows(night, night.says(crisis, "Bob").share, service.contact(Browser()))
    assert night.rows("SELECT population.holds_people(%(id)s)", id=crisis.id) == [(True,)]
    crises.close(night.store, crisis.id, FIRST, night.now)
    night.wait(3_600)
    assert crises.erase_due(night.store, night.keys, night.now) == 1
    told = msgspec.json.decode(night.facts(f"crisis:{crisis.id}")[-1].payload)
    assert told["counts"]["phones"] == 1
    assert night.rows("SELECT count(*) FROM population.phone") == [(0,)]


def test_no_telephone_is_taken_where_nothing_is_open(night: Night, service: Service) -> None:
    crisis = night.opened(None, kept=timedelta(hours=1))
    answer = night.says(crisis, "Bob")
    crises.close(night.store, crisis.id, FIRST, night.now)
    night.wait(3_600)
    crises.erase_due(night.store, night.keys, night.now)
    assert follows(night, answer.share, service.contact(Browser())) is False
    phone = following.Phone(os.urandom(16), Why.CHANGES, os.urandom(16), os.urandom(16), b"x")
    with pytest.raises(StoreRefused, match="NM018"), night.store.transaction() as tx:
        tx.put_phone(crisis.id, phone, night.now)
