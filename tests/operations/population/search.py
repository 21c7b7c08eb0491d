"""A short way to look for somebody on a night of crisis."""

import os
from typing import Any

from necmergitur.adapters.crisis_keys import SALT_BYTES
from necmergitur.operations.population import confirming, missing, questions
from necmergitur.operations.population.checkins import Registered
from necmergitur.people import notices
from necmergitur.people.crises import Crisis
from necmergitur.people.notices import Asking, Declaration, Declared, Question
from tests.operations.population.scene import Night

SOURCE = "ville.example.org"
FORM: dict[str, Any] = {"name": "Amélie Durand", "author": "Rose Durand", "contact": "rose@example.org"}


def salt() -> bytes:
    return os.urandom(SALT_BYTES)


def declared(night: Night, crisis: Crisis, once: bytes = b"", **said: Any) -> Declared:
    once = once or os.urandom(16)
    number = missing.record_id(night.key(crisis), once, SOURCE)
    found = notices.declare(Declaration(**(FORM | said)), once, number, SOURCE, "FR")
    assert isinstance(found, Declared), found
    return found


def declares(night: Night, crisis: Crisis, once: bytes = b"", **said: Any) -> bytes:
    """Declare somebody; return the private link."""
    answer = missing.declare(
        night.store, crisis, night.key(crisis), declared(night, crisis, once, **said), salt(), night.now
    )
    assert isinstance(answer, Registered), answer
    return answer.link


def question(**said: Any) -> Question:
    found = notices.ask(Asking(**({"name": "Rose Durand", "contact": "rose@example.org"} | said)), "FR")
    assert isinstance(found, Question), found
    return found


def asks(night: Night, crisis: Crisis, whom: str, once: bytes = b"", **said: Any) -> bytes:
    """Ask about somebody; return the private link."""
    answer = questions.ask(
        night.store,
        crisis,
        night.key(crisis),
        question(whom=whom, **said),
        once or os.urandom(16),
        salt(),
        night.now,
    )
    assert isinstance(answer, Registered), answer
    return answer.link


def found_by_nobody(night: Night, crisis: Crisis, link: bytes) -> bool:
    """Want to be found by nobody, and confirm it by the link that went to the number itself."""
    key = night.key(crisis)
    assert confirming.ask_nobody(night.store, crisis, key, link, os.urandom, "https://x/", night.now) is None
    with night.store.transaction() as tx:
        sent = confirming.confirm_link(key, tx.checkin(crisis.id, key.row_of(link)))
    return confirming.settle(night.store, crisis, key, sent, night.now, theirs=True) is True
