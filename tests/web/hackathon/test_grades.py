"""A solution's grade in the lists of the hackathon it comes from; and never before the jury."""

from django.utils import timezone

from necmergitur.innovation.chain import TeamState
from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon.models import Entry, Helper, Prize, Review, Submission
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Evidence, Team
from necmergitur.web.store import store
from tests.web.hackathon.playing import BLIND, SEEN, Hackathon, somebody
from tests.web.pages import City, queries

SPRING = "/programme/hackathon/spring/"
DESK = "/programme/hackathon/desk/spring/"


def handed_in(played: Hackathon, number: int, *evidence: str, marked: bool = True) -> Submission:
    """Let a team have handed in, been marked, got a prize, and its solution been looked at: each in its time."""
    played.edition.refresh_from_db()
    now, by, dates = timezone.now(), played.city.users["analyst"], played.edition
    team = making.make(played.themes[0], now, by, title=f"Table {number}")
    assert isinstance(team, Team)
    entry = Entry.objects.create(team=team, edition=played.edition, number=number)
    making.move(team, TeamState.READY, now, by)
    made = making.make(team, now, by, title=f"Work {number}", summary="Counts.", demo="", repository="")
    found = Submission.objects.create(entry=entry, project=made, at=dates.submission_at)
    if marked:
        juror = Helper.objects.filter(kind="juror").first() or Helper.objects.create(
            id=store().ids.new(), edition=played.edition, kind="juror", name="J", link="0" * 64, declared_at=now
        )
        given = {
            name: [float(each) for each in marks.values() if each.isdigit()]
            for name, marks in (("b", BLIND), ("s", SEEN))
        }
        Review.objects.create(
            juror=juror, number=1, submission=found, blind=dict(zip(BLIND, given["b"], strict=True)),
            seen=dict(zip(("works", "trial"), given["s"], strict=True)), blind_at=dates.review_at,
            done_at=dates.review_at,
        )  # fmt: skip
    Prize.objects.create(edition=played.edition, title=f"Prize {number}", submission=found, at=dates.results_at)
    for criterion in evidence:
        Evidence.objects.create(
            project=made, criterion=criterion, url="https://d.example/", note="Read.", at=now, by_id=by.pk
        )
    return found


def test_a_grade_stands_in_every_list_of_the_hackathon_its_solution_comes_from_at_no_cost_for_each(city: City) -> None:
    played = Hackathon(city, themes=1)
    graded = handed_in(played, 1, "documented", "tested")
    handed_in(played, 2)
    played.at(Phase.RESULTS)
    played.desk("publish")
    pages = [
        (somebody(), f"{SPRING}projects/", 1),
        (somebody(), f"{SPRING}results/", 3),  # who won, what the jury says, what the public says
        (somebody(), f"{SPRING}wall/", 1),
        (played.analyst, f"{DESK}people/", 1),
        (played.analyst, f"{DESK}jury/", 3),
    ]
    way, before = f'href="/programme/solutions/{graded.project_id}/"', []
    for browser, address, times in pages:
        page = browser.get(address).content.decode()
        assert page.count(way) == page.count("/programme/solutions/") == times, address
        assert page.count(">Silver<") == times and "No grade" not in page, address
        before.append(queries(lambda browser=browser, address=address: browser.get(address)))  # type: ignore[misc]
    city.sql("ALTER TABLE hackathon_prize DISABLE TRIGGER hackathon_prize_is_fair")  # for the count alone
    for number in range(3, 8):
        handed_in(played, number, "documented")
    for (browser, address, _times), cost in zip(pages, before, strict=True):
        assert queries(lambda browser=browser, address=address: browser.get(address)) == cost, address  # type: ignore[misc]


def test_the_jury_reads_works_without_their_grade(city: City) -> None:
    played = Hackathon(city, themes=1)
    mine = played.invite("juror", "Jo")
    graded = handed_in(played, 1, "documented", marked=False)
    played.at(Phase.REVIEW)
    somebody().post(mine, {"knows": ""})
    Review.objects.create(juror=Helper.objects.get(), number=1, submission=graded)
    for address in (mine, f"{mine}{graded.pk}/"):
        page = somebody().get(address).content.decode()
        assert "Work 1" in page and "Bronze" not in page, address
