"""What looks made up is held back for the desk; whoever lists names learns nothing; nobody is buried under messages."""

import io
import os
from typing import Any

import pytest
from PIL import Image

from necmergitur.adapters.stills import StillCleaner
from necmergitur.governance.breakglass import Who
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import pacing, pictures, questions, telling, tending
from necmergitur.operations.population.finding import SureFinder
from necmergitur.operations.population.telling import Envelopes
from necmergitur.people.constants import DECLARED_BY_ONE_MAX, NAMED_BY_ONE_MAX, TOLD_MAX
from necmergitur.people.crises import Crisis
from necmergitur.people.findable import Found
from necmergitur.people.notes import Hidden
from tests.operations.population.scene import Night
from tests.operations.population.search import asks, declares
from tests.operations.population.test_questions import Names, letters, told_links

DESK = Who(101, "operator")
WORDS = "Tall, brown hair, a green coat with a hood, and a scar on the left hand"


def jpeg(side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(out, "JPEG")
    return out.getvalue()


def hidden(night: Night, crisis: Crisis, link: bytes) -> int:
    with night.store.transaction() as tx:
        row = tx.person(crisis.id, night.key(crisis).row_of(link))
    assert row is not None
    return int(row.hidden)


def test_from_the_sixth_on_notices_of_one_author_wait_for_the_desk_and_ask_nobody(night: Night) -> None:
    crisis = night.opened()
    once = os.urandom(16)
    links = [declares(night, crisis, name=f"Person {n}") for n in range(DECLARED_BY_ONE_MAX - 1)]
    links += [declares(night, crisis, once, name="Again"), declares(night, crisis, once, name="Again")]
    assert {hidden(night, crisis, link) for link in links} == {Hidden.SHOWN}, "a form sent twice is one"
    night.says(crisis, "Amélie", contact="06 12 34 56 78")
    doubted = declares(night, crisis, name="Amélie", sought="06 12 34 56 78", listed="yes")
    assert hidden(night, crisis, doubted) == Hidden.DOUBTED
    assert told_links(night, crisis) == [], "nothing comes of it"
    persons, _notes = tending.waiting(night.store, crisis, night.key(crisis), night.now)
    assert [one.notice.person.full_name for one in persons] == ["Amélie"]
    other = declares(night, crisis, name="Zoé", contact="06 99 99 99 99")
    assert hidden(night, crisis, other) == Hidden.SHOWN, "others are not punished"
    assert tending.show(night.store, crisis, night.key(crisis).row_of(doubted), DESK, night.now) is True
    assert len(told_links(night, crisis)) == 1, "the desk read it"


def test_one_text_under_three_names_is_a_chain_letter(night: Night) -> None:
    crisis = night.opened()
    said = [
        declares(night, crisis, name=name, contact=f"{name.lower()}@example.org", description=words)
        for name, words in (("Ana", WORDS), ("Bea", WORDS.upper()), ("Cleo", f"  {WORDS} "), ("Dora", "red coat"))
    ]
    assert [hidden(night, crisis, link) for link in said] == [0, 0, Hidden.DOUBTED, 0]


def test_one_picture_on_three_notices_is_held_back_and_sent_again_on_one_is_not(night: Night) -> None:
    crisis = night.opened()

    def put(link: bytes, raw: bytes) -> Any:
        args = (night.store, crisis, night.key(crisis), StillCleaner(), link, raw, os.urandom(16), night.now)
        outcome = pictures.put(*args)
        assert not isinstance(outcome, Refusal), outcome

    first, second, third = (declares(night, crisis, contact=f"{n}@example.org") for n in range(3))
    for _ in range(4):
        put(first, jpeg())
    put(second, jpeg())
    put(third, jpeg(65))
    assert [hidden(night, crisis, link) for link in (first, second, third)] == [0, 0, 0]
    put(third, jpeg())
    assert hidden(night, crisis, third) == Hidden.DOUBTED


def test_whoever_registers_a_list_of_names_is_asked_about_none_of_them(night: Night) -> None:
    crisis = night.opened()
    key = night.key(crisis)
    attacker = [night.says(crisis, f"Somebody {n}", contact="07 00 00 00 00") for n in range(NAMED_BY_ONE_MAX)]
    one = Found("checkin", key.row_of(attacker[0].link), 0.99, ("name_same",))
    asks(night, crisis, "Somebody 0")
    assert questions.match_names(night.store, crisis, key, night.now, SureFinder(Names(one), crisis.id)) == 1
    night.says(crisis, "Amélie Durand", contact="07 00 00 00 00")
    asks(night, crisis, "Somebody 0")
    assert questions.match_names(night.store, crisis, key, night.now, SureFinder(Names(one), crisis.id)) == 0


def test_nobody_is_buried_under_messages_and_no_link_of_the_writers_goes_along(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TOLD_MAX == 200
    monkeypatch.setattr(telling, "TOLD_MAX", 2)
    crisis = night.opened()
    for n in range(3):
        night.says(crisis, f"Gagnez gros www.evil.example 06 12 34 56 7{n}", tell=["06 99 99 99 99"])
    envelopes = Envelopes(night.keys.of, os.urandom, "https://ville.example.org", night.now.tzinfo)
    assert telling.unfold(night.store, envelopes, night.now) == 2
    assert {one.parts["name"] for one in letters(night, crisis)} == {"Gagnez gros ••• •••"}
    with night.store.transaction() as tx:
        assert tx.tallies(crisis.id)["messages_held_back"] == 1


def test_paces_are_counted_whichever_service_is_open(night: Night) -> None:
    crisis = night.opened(services=("doors",))
    assert pacing.within(night.store, crisis, night.key(crisis), "door", "192.0.2.1", 1, night.now)
    assert not pacing.within(night.store, crisis, night.key(crisis), "door", "192.0.2.1", 1, night.now)
    assert pacing.within(night.store, crisis, night.key(crisis), "door", "192.0.2.2", 1, night.now)
    night.wait(601)
    assert pacing.within(night.store, crisis, night.key(crisis), "door", "192.0.2.1", 1, night.now)
    assert "192.0.2" not in str(night.rows("SELECT p::text FROM population.pace p"))
