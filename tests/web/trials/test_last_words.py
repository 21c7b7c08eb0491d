"""A paper closed by hand: what was said before is heard first, and closing it neither waits nor fails for that."""

import time
from typing import Any
from uuid import uuid5

import pytest

from necmergitur.innovation.protocol import TrialAdvised
from necmergitur.operations import ending, trial_store
from necmergitur.web import last_words
from necmergitur.web.facts.models import Authorisation
from necmergitur.web.store import store
from tests import signed
from tests.web.pages import City
from tests.web.trials.test_trials import begun_under, started
from tests.web.trials.trying import now, say, trial

REASON = {"reason": "The prefect wants it."}


def heard(pk: Any) -> list[int]:
    facts = trial_store.facts_of(store(), pk)
    return [one.event.seq for one in facts if isinstance(one.event, TrialAdvised)]


def address(where: str, paper_id: Any) -> str:
    return {
        "authorisations": f"/console/authorisations/{paper_id}/revoke/",
        "terms": f"/trust/terms/{paper_id}/revoke/",
        "assessment": f"/trust/assessments/{uuid5(signed.NAMES, 'assessment')}/withdraw/",
    }[where]


@pytest.mark.parametrize(("where", "role"), [("authorisations", "lead"), ("terms", "dpo"), ("assessment", "dpo")])
def test_what_was_said_before_a_paper_is_closed_is_heard_and_nothing_after(
    city: City, monkeypatch: pytest.MonkeyPatch, where: str, role: str
) -> None:
    monkeypatch.setattr(last_words, "HEARD_WITHIN_S", 30.0)
    begun, memory = started(city)
    assert [say(memory, now(), seq, level) for seq, level in ((1, 0), (2, 3))] == ["", ""]
    assert heard(begun.id) == []
    (paper_id,) = begun_under(begun.id)
    answer = city.client(role).post(address(where, paper_id), REASON | {"sure": "yes"})
    assert answer.status_code in (302, 303), answer.content.decode()
    row = Authorisation.objects.get(id=paper_id)
    assert row.revoked_at or row.suspended_at
    assert heard(begun.id) == [1, 2] and trial(begun.id).state == "running", "heard, and nothing else done"
    assert say(memory, now(), 3, 3) != ""
    ended = ending.look(store(), begun.id, now())
    assert ended is not None and ended.why == "paper_ended" and heard(begun.id) == [1, 2]


def test_another_s_paper_has_nobody_heard(city: City) -> None:
    begun, memory = started(city)
    assert say(memory, now(), 1, 3) == ""
    ending.hear(store(), now(), [uuid5(signed.NAMES, "another")])
    assert heard(begun.id) == []


@pytest.mark.parametrize("slow", [False, True])
def test_closing_a_paper_neither_fails_nor_waits_for_what_cannot_be_heard(
    city: City, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    begun, _memory = started(city)
    (paper_id,) = begun_under(begun.id)

    def broken(*_: Any) -> None:
        if not slow:
            raise ValueError("a reading that is none")
        time.sleep(20)

    monkeypatch.setattr(ending, "hear", broken)
    monkeypatch.setattr(last_words, "HEARD_WITHIN_S", 0.2)
    since = time.monotonic()
    assert city.client("lead").post(address("authorisations", paper_id), REASON).status_code == 303
    assert time.monotonic() - since < 10
    assert Authorisation.objects.get(id=paper_id).revoked_at is not None
