"""The demonstration's dialogue: made by the pages' own operations, labelled, and with groups to be seen."""

from datetime import UTC, datetime

import pytest

from necmergitur.sim.demo import assessed, prepare
from necmergitur.sim.demo.dialogue import CAMP, STATEMENTS
from necmergitur.web.accounts.models import User
from necmergitur.web.dialogue import results
from necmergitur.web.dialogue.models import Conversation, Statement, Vote
from necmergitur.web.store import store
from tests.web.dialogue.talk import citizen
from tests.web.pages import City


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("fr", ("Les caméras des drones (démonstration)", "Inventé pour la démonstration", "Groupe A", "Groupe B")),
        ("en", ("The drones&#x27; cameras (demonstration)", "Invented for the demonstration", "Group A", "Group B")),
    ],
)
def test_the_demonstration_has_a_dialogue_that_says_so_and_shows_groups(
    city: City, language: str, labels: tuple[str, ...]
) -> None:
    now = datetime.now(UTC)
    prepare.ask_people(now)
    assert not Conversation.objects.exists(), "without the demonstration's officer there is none"
    User.objects.filter(pk=city.users["dpo"].pk).update(is_demo=True)
    about = assessed.put_assessment(store(), now)
    prepare.ask_people(now)
    prepare.ask_people(now)  # the next start
    talk = Conversation.objects.get()
    assert talk.subject_id == about.id
    assert city.sql("SELECT kind FROM ledger_event WHERE stream = %s", f"dialogue:{talk.pk}") == [("DialogueOpened",)]
    assert set(talk.statements.values_list("by_city", "state")) == {(True, Statement.State.SHOWN)}
    assert set(talk.statements.values_list("language", flat=True)) == {"fr", "en"}
    assert Vote.objects.count() == 2 * CAMP * len(STATEMENTS)
    computed, _ballots = results.compute(talk)
    assert [group.size >= 10 for group in computed.all.groups] == [True, True]
    assert len(computed.consensus) == 3 and computed.flags == ()
    page = citizen(language).get(f"/dialogue/{talk.pk}/results/").content.decode()
    assert [label for label in labels if label not in page] == []
