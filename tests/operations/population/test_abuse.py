"""Whoever is kept out meets nobody and reaches nobody, is told nothing, and may still check in and call for help."""

import os
from typing import Any

import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import abuse, meeting, missing, questions, shelters
from necmergitur.people.notes import Hidden
from necmergitur.people.notices import Reply
from necmergitur.people.shelter import AskState, OfferState, Side
from tests.operations.population import test_doors
from tests.operations.population.doors_scene import Evening
from tests.operations.population.scene import Night
from tests.operations.population.search import asks, declares, salt
from tests.operations.population.test_questions import told_links
from tests.operations.scene import refused

evening = test_doors.evening
LEAD, LIAISON = Who(102, "lead"), Who(103, "duty_officer")


def ban(evening: Evening, match: bytes, side: Side, words: str = "three reports", by: Who = LEAD) -> Any:
    return abuse.ban_side(evening.store, evening.tools, evening.crisis.id, match, side, words, by, evening.now)


def reported(evening: Evening, **fields: str) -> tuple[str, str, bytes]:
    host, guest = evening.host(**fields), evening.guest()
    match = evening.agreed(host, guest)
    assert meeting.report(evening.store, evening.tools, Side.GUEST, guest, match, "he followed me", evening.now) is None
    return host, guest, match


def test_a_host_who_is_kept_out_receives_nobody_under_any_offer_until_let_in(evening: Evening) -> None:
    phone = evening.phone()
    _host, _guest, match = reported(evening, phone=phone)
    assert refused(ban(evening, match, Side.HOST, by=Who(101, "operator"))) == "desk_not_yours"
    assert refused(ban(evening, match, Side.HOST, words=" ")) == "reason_missing"
    assert ban(evening, match, Side.HOST) is None
    assert shelters.close_case(evening.store, evening.crisis.id, match, "cleared", LEAD, evening.now) is None
    again = evening.host(phone=phone)
    assert evening.row(Side.HOST, again).state == OfferState.HELD, "a case that is closed lets nobody in"
    evening.guest()
    assert evening.propose() == 0
    ((row, why),) = abuse.kept_out(evening.store, evening.night.key(evening.crisis), evening.crisis.id)
    assert why == "three reports"
    assert abuse.lift(evening.store, evening.crisis.id, row.id, LEAD, evening.now) is None
    assert refused(abuse.lift(evening.store, evening.crisis.id, row.id, LEAD, evening.now)) == "ban_unknown"
    assert evening.row(Side.HOST, evening.host()).state == OfferState.OPEN


def test_a_guest_who_is_kept_out_waits_for_a_person_and_live_pairs_end(evening: Evening) -> None:
    phone = evening.phone()
    host, guest = evening.host(), evening.guest(phone=phone)
    match = evening.agreed(host, guest)
    assert refused(ban(evening, match, Side.GUEST)) == "case_unknown", "only out of a case"
    contact = evening.row(Side.GUEST, guest).contact
    args = (evening.store, evening.tools, evening.crisis.id, contact, "stole a key", LEAD, evening.now)
    assert abuse.ban(*args) is None
    assert abuse.ban(*args) is None, "said twice, kept once"
    assert evening.row(Side.GUEST, guest).state == AskState.DESK
    assert evening.row(Side.HOST, host).free == 3, "the place is free again"
    assert evening.row(Side.GUEST, evening.guest(phone=phone)).state == AskState.DESK


def test_postgresql_brings_together_nobody_who_is_kept_out(evening: Evening) -> None:
    host, guest = evening.host(), evening.guest()
    contact = evening.row(Side.HOST, host).contact
    with evening.store.transaction() as tx:
        tx.put_ban(evening.crisis.id, contact, salt(), b"sealed", LEAD, evening.now)
    assert evening.propose() == 0, "whatever state its row says"
    del guest
    with pytest.raises(StoreRefused, match="NM018"), evening.store.transaction() as tx:
        tx.put_ban(evening.crisis.id, os.urandom(16), salt(), b"sealed", Who(101, "lead"), evening.now)


def test_a_note_of_the_desk_is_sealed_and_read_by_whoever_opens_the_case(evening: Evening) -> None:
    _host, _guest, match = reported(evening)
    parts = (evening.store, evening.tools, evening.crisis.id, match)
    assert abuse.note(*parts, "called them twice", LEAD, evening.now) is None
    assert refused(abuse.note(*parts, "", LEAD, evening.now)) == "words_missing"
    opened = shelters.open_case(*parts, "second look", LIAISON, evening.now)
    assert isinstance(opened, shelters.Opened)
    assert opened.reported == "he followed me"
    assert opened.notes[0].endswith("lead: called them twice")
    assert "called" not in str(evening.night.rows("SELECT m::text FROM population.match m"))


def test_whoever_people_block_is_shown_to_the_desk_and_kept_out_reaches_nobody(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    night.says(crisis, "Amélie", contact="06 12 34 56 78")
    night.says(crisis, "Léa", contact="06 12 34 56 79")
    asks(night, crisis, "06 12 34 56 78", contact="stalker@example.org")
    (link,) = told_links(night, crisis)
    assert abuse.askers(night.store, crisis.id) == [], "one question is no abuse"
    questions.answer(night.store, crisis, key, link, Reply("block"), salt(), night.now)
    (asker,) = abuse.askers(night.store, crisis.id)
    assert (asker.asked, asker.blocked) == (1, 1)
    shown = abuse.open_asker(night.store, key, crisis, asker.contact, "who is this", LEAD, salt(), night.now)
    assert isinstance(shown, list)
    assert shown[0].contact.written == "stalker@example.org"
    asks(night, crisis, "06 12 34 56 79", contact="stalker@example.org")
    questions.match(night.store, crisis, night.now)
    tools = Evening(night, crisis).tools
    assert abuse.ban(night.store, tools, crisis.id, asker.contact, "stalks", LEAD, night.now) is None
    assert told_links(night, crisis) == [], "what waited is not passed on"
    assert isinstance(asks(night, crisis, "06 12 34 56 79", contact="stalker@example.org"), bytes), "the same answer"
    assert told_links(night, crisis) == []
    notice = declares(night, crisis, sought="06 12 34 56 79", contact="stalker@example.org")
    seen = missing.follow(night.store, crisis, key, notice, night.now)
    assert seen is not None
    assert seen.row.hidden == Hidden.DESK
    assert told_links(night, crisis) == []
    assert abuse.askers(night.store, crisis.id) == []


def test_whoever_asks_after_very_many_is_shown_to_the_desk(night: Night) -> None:
    crisis = night.opened()
    for n in range(10):
        asks(night, crisis, f"06 12 34 56 {n:02}", contact="crawler@example.org")
    (asker,) = abuse.askers(night.store, crisis.id)
    assert (asker.asked, asker.blocked) == (10, 0)
