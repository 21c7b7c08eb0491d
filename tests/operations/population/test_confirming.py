"""A check-in with somebody else's number hides nothing, whoever sent it; the number's holder says whose it is."""

import base64
import os
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from necmergitur.governance.breakglass import Who
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations.population import confirming, crises, mine, missing, tending
from necmergitur.operations.population.confirming import Standing
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter
from tests.operations.population.scene import FIRST, Night
from tests.operations.population.search import asks, declares
from tests.operations.population.test_questions import told_links
from tests.operations.scene import refused

PHONE = "06 12 34 56 78"
ROOT = "https://ville.example.org/drill/find/"
DESK = Who(101, "operator")


def wants(night: Night, crisis: Crisis, link: bytes) -> Any:
    return confirming.ask_nobody(night.store, crisis, night.key(crisis), link, os.urandom, ROOT, night.now)


def letters(night: Night, crisis: Crisis) -> list[Letter]:
    key = night.key(crisis)
    rows = night.rows("SELECT id, salt, sealed FROM population.message ORDER BY due_at, id")
    return [msgspec.json.decode(key.unseal(salt, sealed, id_) or b"", type=Letter) for id_, salt, sealed in rows]


def confirm_link(night: Night, crisis: Crisis) -> bytes:
    """What the number itself was sent."""
    letter = next(one for one in letters(night, crisis) if one.kind == "confirm")
    assert letter.to.written == "+33612345678"
    assert letter.parts["link"].startswith(f"{ROOT}confirm/")
    return base64.urlsafe_b64decode(letter.parts["link"].strip("/").rsplit("/", 1)[1] + "=")


def settles(night: Night, crisis: Crisis, link: bytes, *, theirs: bool) -> Any:
    return confirming.settle(night.store, crisis, night.key(crisis), link, night.now, theirs=theirs)


def appeals(night: Night, crisis: Crisis) -> list[str]:
    found = missing.appeals(night.store, crisis, night.key(crisis), night.now)
    return [seen.notice.person.full_name for seen in found]


def listed(night: Night, crisis: Crisis) -> bytes:
    link = declares(night, crisis, sought=PHONE, listed="yes")
    person = night.key(crisis).row_of(link)
    assert tending.show(night.store, crisis, person, DESK, night.now) is True
    return link


def test_an_attacker_who_checks_in_with_anothers_number_silences_no_search(night: Night) -> None:
    crisis = night.opened()
    listed(night, crisis)
    attacker = night.says(crisis, "Whoever", contact=PHONE)
    assert wants(night, crisis, attacker.link) is None
    assert appeals(night, crisis) == ["Amélie Durand"]
    listed(night, crisis)
    assert len(appeals(night, crisis)) == 2, "later ones neither"
    asks(night, crisis, PHONE)
    assert {link[16:32] for link in told_links(night, crisis)} == {night.key(crisis).row_of(attacker.link)}
    assert all(one.to.written == "+33612345678" for one in letters(night, crisis)), "what is asked goes to the number"


def test_the_desk_alone_sees_the_conflict(night: Night) -> None:
    crisis = night.opened()
    listed(night, crisis)
    attacker = night.says(crisis, "Whoever", contact=PHONE)
    wants(night, crisis, attacker.link)
    (claim,) = confirming.claims(night.store, crisis, night.key(crisis))
    assert (claim.name, claim.contact, claim.notices) == ("Whoever", "+33612345678", ("Amélie Durand",))
    outsider = confirming.settle_by_desk(
        night.store, crisis, claim.row.checkin, Who(9, "pilot"), night.now, theirs=True
    )
    assert refused(outsider) == "notice_not_yours"
    assert confirming.settle_by_desk(night.store, crisis, claim.row.checkin, DESK, night.now, theirs=False) is True
    assert appeals(night, crisis) == ["Amélie Durand"]
    assert confirming.claims(night.store, crisis, night.key(crisis)) == []


def test_whoever_opens_the_link_sent_to_their_number_is_found_by_nobody(night: Night) -> None:
    crisis = night.opened()
    listed(night, crisis)
    own = night.says(crisis, "Amélie", contact=PHONE)
    wants(night, crisis, own.link)
    link = confirm_link(night, crisis)
    for guess in (b"", os.urandom(32), link[:16] + os.urandom(16), own.link + link[16:]):
        assert confirming.claimed(night.store, crisis, night.key(crisis), guess, night.now) is None
        assert refused(settles(night, crisis, guess, theirs=True)) == "checkin_unknown"
    assert settles(night, crisis, link, theirs=True) is True
    assert appeals(night, crisis) == []
    assert settles(night, crisis, link, theirs=False) is False, "said once, it stands"
    asks(night, crisis, PHONE)
    assert told_links(night, crisis) == []


def test_whoever_says_it_was_not_them_frees_their_number(night: Night) -> None:
    crisis = night.opened()
    listed(night, crisis)
    attacker = night.says(crisis, "Whoever", contact=PHONE)
    assert len(told_links(night, crisis)) == 1
    wants(night, crisis, attacker.link)
    assert settles(night, crisis, confirm_link(night, crisis), theirs=False) is True
    assert tending.closing(night.store, crisis) == [], "nothing proposes any more to close the notice"
    asks(night, crisis, PHONE)
    assert told_links(night, crisis) == []
    assert wants(night, crisis, attacker.link) is None
    assert appeals(night, crisis) == ["Amélie Durand"]
    own = night.says(crisis, "Amélie", contact=PHONE)
    assert {link[16:32] for link in told_links(night, crisis)} == {night.key(crisis).row_of(own.link)}


def test_a_number_is_pestered_three_times_at_most_and_the_desk_confirms_the_rest(night: Night) -> None:
    crisis = night.opened()
    links = [night.says(crisis, f"Whoever {n}", contact=PHONE).link for n in range(4)]
    for link in links * 2:
        wants(night, crisis, link)
    assert len([one for one in letters(night, crisis) if one.kind == "confirm"]) == 3
    own = night.says(crisis, "Amélie", contact=PHONE)
    wants(night, crisis, own.link)
    row = night.key(crisis).row_of(own.link)
    assert confirming.settle_by_desk(night.store, crisis, row, DESK, night.now, theirs=True) is True
    asks(night, crisis, PHONE)
    assert told_links(night, crisis) == []


def test_without_a_number_or_a_crisis_there_is_nothing_to_confirm(night: Night) -> None:
    crisis = night.opened()
    own = night.says(crisis, "Amélie")
    assert refused(wants(night, crisis, own.link)) == "checkin_unknown"
    assert refused(wants(night, crisis, os.urandom(16))) == "checkin_unknown"
    assert letters(night, crisis) == []


def test_after_the_closing_one_may_still_hide(night: Night) -> None:
    night.now = datetime.now(UTC)  # PostgreSQL looks at its own clock
    crisis = night.opened()
    listed(night, crisis)
    own = night.says(crisis, "Amélie", contact=PHONE)
    closed = crises.close(night.store, crisis.id, FIRST, night.now)
    assert isinstance(closed, Crisis)
    assert appeals(night, closed) == ["Amélie Durand"]
    assert wants(night, closed, own.link) is None
    assert settles(night, closed, confirm_link(night, closed), theirs=True) is True
    assert appeals(night, closed) == []


def test_an_erased_check_in_wants_nothing_any_more(night: Night) -> None:
    crisis = night.opened()
    own = night.says(crisis, "Amélie", contact=PHONE)
    wants(night, crisis, own.link)
    link = confirm_link(night, crisis)
    assert mine.erase(night.store, night.keys.of, own.link, night.now, drill=True)
    assert letters(night, crisis) == []
    assert refused(settles(night, crisis, link, theirs=True)) == "checkin_unknown"
    assert night.rows("SELECT count(*) FROM population.confirmation") == [(0,)]


@pytest.mark.parametrize(
    "breach",
    [
        "INSERT INTO population.not_to_be_found (crisis_id, digest, at) SELECT id, '\\x{digest}', now() FROM population.crisis",
        "UPDATE population.confirmation SET state = 1, settled_at = now(), by = 999",
        """INSERT INTO population.confirmation SELECT crisis_id, '\\x{digest}', contact, 1, 0, now(), now()
           FROM population.confirmation""",
    ],
)
def test_postgresql_hides_no_number_that_nobody_confirmed(night: Night, breach: str) -> None:
    crisis = night.opened()
    attacker = night.says(crisis, "Whoever", contact=PHONE)
    wants(night, crisis, attacker.link)
    digest = night.key(crisis).lookup("phone", "+33612345678").hex()
    with pytest.raises(StoreRefused, match="NM021"), night.store.transaction() as tx:
        tx.cursor.execute(breach.replace("{digest}", digest))


def test_standings_are_numbers_that_never_change() -> None:
    assert [state.value for state in Standing] == [0, 1, 2]
