"""The demonstration's hackathon: invented people, the rooms' own judgement, from the first application to the prizes."""

from datetime import UTC, datetime

import pytest

from necmergitur.sim.tour import story
from necmergitur.sim.tour.contest import SLUG, Contest, Size
from necmergitur.sim.tour.seeds import put_challenge, put_need
from necmergitur.web.hackathon.models import Edition, Review
from necmergitur.web.letters import sending
from necmergitur.web.letters.models import Letter
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Experiment, Need, Project
from tests.web.hackathon.playing import somebody
from tests.web.pages import City
from tests.web.trials.trying import experiment, reported

SMALL = Size(people=60, teams=12, jurors=8, voters=30)
TURNS_MAX = 60


@pytest.fixture
def laid(city: City) -> Contest:
    now = datetime.now(UTC)
    for said in story.OTHERS:
        put_need(said, 0, now)
    put_challenge(city.users["analyst"], now)
    return Contest(city.users["analyst"], SMALL)


def arrived(city: City) -> None:
    """Bring a first chain into service: that of the example, by its need's title."""
    at, by = datetime.now(UTC), city.users["analyst"]
    made = reported(experiment(city, at), at)
    making.make(made, at, by, title="At the hall", route="market")
    Need.objects.filter(chain=made.chain).update(title=story.TOLD_BEFORE["title"])


def test_it_waits_for_the_first_chain(city: City, laid: Contest) -> None:
    assert not laid.turn(datetime.now(UTC)) and not Edition.objects.exists()


def test_invented_people_play_it_to_the_prizes_and_no_letter_leaves_for_them(
    city: City, laid: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "mail_leaves", lambda: True)
    arrived(city)
    drafts = Experiment.objects.count()
    turns = sum(laid.turn(datetime.now(UTC)) for _ in range(TURNS_MAX))
    assert turns < TURNS_MAX and not laid.turn(datetime.now(UTC))
    edition = Edition.objects.get(slug=SLUG)
    assert (edition.participants.filter(checked_in_at__isnull=False).count(), edition.entries.count()) == (60, 12)
    assert Review.objects.count() == 36 and not Review.objects.filter(done_at=None).exists()
    assert edition.prizes.count() == 3 and Experiment.objects.count() == drafts + 1
    assert not Letter.objects.exists()
    page = somebody().get(f"/programme/hackathon/{SLUG}/results/").content.decode()
    for project in Project.objects.filter(team__entry__edition=edition).select_related("team__challenge"):
        water = project.team.challenge.title == story.SECOND
        assert project.title.startswith(story.AT_THE_WATER if water else story.IN_SMOKE), (
            "an idea answers its challenge"
        )
    assert "Premier prix" in page and "Prix du public" in page and "Personne inventée" not in page
