"""The mid-term report: made by itself at the protocol's date, once, of what was known then; nobody alters it."""

from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from django.test import Client

from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import TrialMidterm
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import ending, trial_store, trials
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.papers.reading import read
from tests.web.trials.test_trials import kinds, seen, started
from tests.web.trials.trying import experiment, now, say, trial, vendor, written


def midterm_of(pk: Any) -> TrialMidterm:
    (found,) = [one.event for one in trial_store.facts_of(store(), pk) if isinstance(one.event, TrialMidterm)]
    return found


def test_it_is_made_by_the_worker_s_look_at_its_date_and_says_what_was_known_then(city: City) -> None:
    begun, memory = started(city)
    for seq, level in ((1, 0), (2, 3), (3, 0)):
        say(memory, now(), seq, level)
    trials.note(store(), begun.id, seen(now(), present=True, minutes=0), city.person("analyst"), now())
    ending.look_at_all(store(), now())
    assert "TrialMidterm" not in kinds(begun.id)  # half-way lies ahead
    later = now() + timedelta(hours=2)
    ending.look_at_all(store(), later)
    ending.look_at_all(store(), later + timedelta(seconds=10))
    fact = midterm_of(begun.id)
    told = trial_store.facts_of(store(), begun.id)[: fact.version]
    assert fact.digest == metrics.digest_of(metrics.figures(protocol.read(begun.protocol), told, fact.until))
    trials.note(store(), begun.id, seen(now(), present=False, minutes=0), city.person("analyst"), now())
    page = Client(headers={"accept-language": "en"}).get(f"/programme/trials/{begun.id}/").content.decode()
    part = page[page.index('id="midterm"') : page.index('id="refused"')]
    assert "as on record" in part and fact.digest in part and "1/1 = 100%" in part
    paper = Client().get(f"/programme/trials/{begun.id}/midterm.pdf?lang=en")
    reader, text = read(paper.content)
    assert "Mid-term report" in str(reader.metadata.title if reader.metadata else "")
    assert fact.digest in text.replace(" ", "") and "1/1 = 100%" in text
    assert Client().get(f"/programme/trials/{begun.id}/midterm.pdf?lang=en").content == paper.content


def test_the_protocol_says_when_and_a_date_outside_its_time_is_refused(city: City) -> None:
    at = now()
    begun, _memory = started(city, midterm=at + timedelta(minutes=5))
    ending.look_at_all(store(), at + timedelta(minutes=4))
    assert "TrialMidterm" not in kinds(begun.id)
    ending.look_at_all(store(), at + timedelta(minutes=6))
    assert "TrialMidterm" in kinds(begun.id)
    told = protocol.read(begun.protocol)
    late = msgspec.structs.replace(told, midterm=told.ends)
    assert [one.rule for one in protocol.check(late, at)] == ["trial_midterm_outside"]


def test_a_protocol_without_its_date_has_the_text_it_always_had(city: City) -> None:
    at = now()
    asked = written(experiment(city, at), at)
    assert "midterm" not in protocol.text_of(asked)
    assert protocol.read(protocol.text_of(asked)) == asked


def test_there_is_none_before_the_start_nor_after_the_end(city: City) -> None:
    at = now()
    vendor(at)
    asked = written(experiment(city, at), at)
    frozen = trials.freeze(store(), asked, city.person("analyst"), at)
    assert not isinstance(frozen, list)
    ending.look_at_all(store(), asked.midway + timedelta(minutes=1))
    assert kinds(asked.id) == ["TrialProtocol"]
    with pytest.raises(StoreRefused), store().transaction() as tx:
        trial_store.say(tx, frozen, [TrialMidterm(1, at, "0" * 64)], "user:1", at)


@pytest.mark.parametrize("version", [0, 1])
def test_postgresql_refuses_a_second_one_and_one_of_fewer_facts(city: City, version: int) -> None:
    begun, _memory = started(city)
    facts = len(kinds(begun.id))
    if version == 0:
        ending.look_at_all(store(), now() + timedelta(hours=2))
        facts += 1
    with pytest.raises(StoreRefused), store().transaction() as tx:
        trial_store.say(tx, trial(begun.id), [TrialMidterm(facts - version, now(), "0" * 64)], "user:1", now())


def test_nobody_rewrites_one(city: City) -> None:
    _begun, _memory = started(city)
    ending.look_at_all(store(), now() + timedelta(hours=2))
    with psycopg.connect(city.url) as connection, pytest.raises(psycopg.DatabaseError):
        connection.execute("UPDATE ledger_event SET payload = '{}' WHERE kind = 'TrialMidterm'")
