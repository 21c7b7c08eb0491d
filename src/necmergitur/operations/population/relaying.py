"""The relay of questions: ties them to whom they are about, writes to that person, and to the asker once they answered.

Nothing here is on the way of an answer to a stranger: it runs later, elsewhere, and what it finds changes no page but
the person's own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from necmergitur.governance.accesses import crisis_place
from necmergitur.operations import accessing
from necmergitur.operations.population import following, questions
from necmergitur.operations.population.checkins import Sealer, text_of
from necmergitur.operations.population.finding import Finder, SureFinder
from necmergitur.operations.population.missing_ports import Registry, Tie
from necmergitur.operations.population.questions import ToTell
from necmergitur.operations.population.telling import Envelopes, waiting
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter


def relay(store: Registry, envelopes: Envelopes, now: datetime) -> int:
    """Match by number and address, and write, in every crisis that is kept; return how many letters wait.

    Raises Unreachable.
    """
    made = 0
    for crisis, key in _kept(store, envelopes, now):
        questions.match(store, crisis, now)
        root = f"{envelopes.address}{'/drill' if crisis.drill else ''}/find/"
        for each in questions.to_tell(store, crisis, key):
            letter = Letter(each.to, "asked", each.language, {"link": f"{root}answer/{text_of(each.link)}/"})
            made += _write(store, crisis, key, envelopes, each, letter, now, questions.told)
        for each in questions.to_answer(store, crisis, key):
            page = "asked" if each.tie.kind == Tie.QUESTION else "follow"
            letter = Letter(each.to, "answered", each.language, {"link": f"{root}{page}/{text_of(each.link)}/"})
            made += _write(store, crisis, key, envelopes, each, letter, now, questions.answer_sent)
    return made


def match_names(store: Registry, envelopes: Envelopes, finder: Finder, now: datetime) -> int:
    """Match the questions that only have a name; return how many. Raises Unreachable."""
    found = _kept(store, envelopes, now)
    return sum(questions.match_names(store, one, key, now, SureFinder(finder, one.id)) for one, key in found)


def _kept(store: Registry, envelopes: Envelopes, now: datetime) -> list[tuple[Crisis, Sealer]]:
    with store.transaction() as tx:
        states: list[Crisis] = [
            state
            for state in tx.crises_now()
            if accessing.open_to(tx, "worker", "questions", "tell_relatives", crisis_place(state.id), now)
        ]
    return [(state, key) for state in states if (key := envelopes.key_of(state.id)) is not None]


def _write(
    store: Registry,
    crisis: Crisis,
    key: Sealer,
    envelopes: Envelopes,
    each: ToTell,
    letter: Letter,
    now: datetime,
    done: Callable[[Any, Crisis, ToTell, datetime], bool],
) -> int:
    """Let a letter wait and say so of its tie, both or neither: a letter is written once."""
    with store.transaction() as tx:
        if not done(tx, crisis, each, now):
            return 0
        if letter.kind == "asked":
            who, why = each.tie.right, following.Why.QUESTIONS
        else:
            who, why = each.tie.left, following.Why.ANSWERS
        phones = following.told_of(tx, crisis.id, key, [who], why).get(who, [])
        letters = [letter, *(msgspec.structs.replace(letter, to=one.to, language=one.language) for one in phones)]
        tx.put_messages([waiting(key, crisis.id, each.tie.left, one, envelopes.random) for one in letters], now)
    return len(letters)
