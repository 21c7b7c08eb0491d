"""What surrounds the demonstration's first chain is made by the desk's own forms, and everybody can read it."""

from datetime import UTC, datetime, timedelta

from django.urls import reverse

from necmergitur.innovation.chain import ProjectState
from necmergitur.sim.tour import story
from necmergitur.sim.tour.after import After
from necmergitur.sim.tour.seeds import put_challenge, put_need, put_partners
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation.models import Grant
from necmergitur.web.network.models import Hosting
from necmergitur.web.programme import grades, making
from necmergitur.web.programme.models import Need, Project
from tests.web.hackathon.playing import somebody
from tests.web.pages import City
from tests.web.trials.trying import experiment, reported

TURNS_MAX = 20


def test_money_a_site_a_grade_a_comparison_and_a_failure_surround_the_first_chain(city: City) -> None:
    reverse("programme:front")  # imports every page, as the example's process does before it sends a form
    now, analyst = datetime.now(UTC), city.users["analyst"]
    for said in story.OTHERS:
        put_need(said, 0, now)
    put_challenge(analyst, now)
    put_partners(now)
    after = After(analyst)
    assert not after.turn(now), "the first chain is not there yet"
    made = reported(experiment(city, now), now)
    making.make(made, now, analyst, title="At the hall", route="market")
    Need.objects.filter(chain=made.chain).update(title=story.TOLD_BEFORE["title"])
    later = now + timedelta(minutes=1)
    turns = 0
    while turns < TURNS_MAX and after.turn(later if turns > 6 else now):
        turns += 1
    while turns < TURNS_MAX and after.turn(later):
        turns += 1
    assert turns < TURNS_MAX and not After(analyst).turn(later)
    stands = keeping.standing(Grant.objects.get())
    assert (stands.committed, stands.paid, stands.left) == (12_000_000, 120_000, 20_000_000)
    assert Hosting.objects.get().experiment_id == made.pk
    project = Project.objects.get(chain=made.chain)
    assert grades.of(project, later)["name"] == "silver"
    assert Project.objects.get(title=story.GIVEN_UP["title"]).state == ProjectState.ABANDONED
    wall = somebody(language="fr").get("/programme/wall/").content.decode()
    assert "Le bruit des bateaux couvre celui d" in wall
    shown = somebody(language="fr").get("/programme/benchmarks/").content.decode()
    assert "trois manières" in shown
    way = shown.split('href="/programme/benchmarks/')[1].split('"')[0]
    grid = somebody(language="fr").get(f"/programme/benchmarks/{way}").content.decode()
    assert all(name in grid for name in (story.FIBRE, story.PLACES)) and "En laboratoire seulement" in grid
