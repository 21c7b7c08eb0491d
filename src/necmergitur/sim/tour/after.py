"""What surrounds the first chain: money, a partner's site, evidence and a grade, a comparison, an honest failure.

Each is made by the desk's own pages, with their forms and their rules, as an analyst would press them; what is done is
found in the database. The evidence is about an invented solution, and says so.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, QueryDict

from necmergitur.innovation.phases import Phase
from necmergitur.sim.tour import story
from necmergitur.sim.tour.chain import oldest, trial_of
from necmergitur.sim.tour.seeds import settled
from necmergitur.web.accounts.models import User
from necmergitur.web.incubation import desk as incubation
from necmergitur.web.incubation import desk_money as money
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation.models import Application, Call, Grant, Line
from necmergitur.web.network import desk as network
from necmergitur.web.network.models import Hosting, Site
from necmergitur.web.programme import tried
from necmergitur.web.programme.models import Deployment, Experiment, Lead, Project
from necmergitur.web.watch import benchmarks
from necmergitur.web.watch.models import Benchmark, Criterion, Solution

FOUND = 302  # a form that was taken leads on
TRIED_FOR = timedelta(seconds=20)  # ours: a visitor sees a project under way before they read that it was given up


def pressed(view: Callable[..., Any], by: User, said: Mapping[str, str], *which: Any) -> None:
    """Send a form of the desk as somebody. Raises RuntimeError when it was not taken."""
    request = HttpRequest()
    request.method, request.path, request.user = "POST", "/", by
    request.META["SERVER_NAME"], request.META["SERVER_PORT"] = "localhost", "80"
    data = QueryDict(mutable=True)
    data.update(dict(said))
    request.POST = data  # type: ignore[assignment]
    try:
        answer = view(request, *which)
    except Exception as wrong:  # whatever a page trips over, the example goes on without it
        raise RuntimeError(f"the example's form was not taken: {view.__name__} {wrong!r}") from wrong
    if answer.status_code != FOUND:
        raise RuntimeError(f"the example's form was not taken: {view.__name__} {answer.status_code}")


class After:
    """What the analyst does beside the first chain, a piece each turn."""

    def __init__(self, by: User) -> None:
        """Nothing is done yet."""
        self._by = by

    def turn(self, now: datetime) -> bool:
        """Do the next piece, if it is time; return whether one was done."""
        title = story.TOLD_BEFORE["title"]
        project = oldest(Project.objects.filter(team__challenge__lead__need__title=title))
        if project is None:
            return False
        experiment, _found = trial_of(project, now)
        if experiment is not None and self._host(experiment):
            return True
        pieces = (self._promise, self._give_up, self._look)
        if any(piece(project, now) for piece in pieces):
            return True
        if not Deployment.objects.filter(chain=project.chain).exists():
            return False
        return self._pay(project, now) or self._compare(project)

    def _host(self, experiment: Experiment) -> bool:
        """Say at whose site it is tried, so that the partner reads it on their page."""
        site = Site.objects.filter(partner__name=story.PARTNERS[0]["name"]).first()
        if site is None or Hosting.objects.filter(experiment=experiment).exists():
            return False
        said = {"site": str(site.pk), "experiment": str(experiment.pk)}
        pressed(network.act, self._by, said, site.partner.pk, "host")
        return True

    def _promise(self, project: Any, _now: datetime) -> bool:
        grant = Grant.objects.filter(lines=None).order_by("pk").first()
        if grant is None or Line.objects.exists():
            return False
        for title, euros, ours in story.LINES:
            said = {"title": title, "committed": str(euros), "project": str(project.pk) if ours else ""}
            pressed(money.grant, self._by, said, grant.pk)
        return True

    def _pay(self, project: Any, now: datetime) -> bool:
        line = Line.objects.filter(project=project, payments=None).first()
        if line is None:
            return False
        said = {"line": str(line.pk), "cents": str(story.PAID_EUR), "paid_on": now.date().isoformat()}
        pressed(money.grant, self._by, said, line.grant.pk)
        return True

    def _look(self, project: Any, _now: datetime) -> bool:
        """Write down what was looked at of the solution; its grade is computed of that."""
        if project.evidence.exists():
            return False
        for said in story.EVIDENCE:
            pressed(tried.grade, self._by, said, project.pk)
        return True

    def _give_up(self, _project: Any, now: datetime) -> bool:
        """Let another company's project be accepted, tried out, and given up for a reason that everybody reads."""
        call = Call.objects.filter(title=story.OPEN_CALL).first()
        if call is None:
            return False
        found = Application.objects.filter(call=call, title=story.GIVEN_UP["title"]).first()
        if found is None:
            settled(keeping.apply(call, story.GIVEN_UP, now, "fr"))
            return True
        if found.accepted is None:
            settled(keeping.decide(found, story.TAKEN_WHY, now, self._by, accepted=True))
            return True
        assert found.project is not None
        last = found.project.steps.last()
        if last is None or last.phase != Phase.INVESTIGATION or now < last.at + TRIED_FOR:
            return False
        said = {"to": Phase.STOPPED.value, "reason": story.GIVEN_UP_WHY}
        pressed(incubation.project_act, self._by, said, found.project.pk, "phase")
        return True

    def _compare(self, project: Any) -> bool:
        """Compare what answers the first need: solutions, criteria, a mark and its evidence in each cell; published."""
        lead: Lead = project.team.challenge.lead
        made: Any = Benchmark.objects.filter(need=lead.need).order_by("created_at").first()
        if made is None:
            said = {"need": str(lead.need.pk), **story.COMPARISON}
            pressed(benchmarks.all_benchmarks, self._by, said)
            return True
        if made.published_at is not None or made.title != story.COMPARISON["title"]:
            return False
        if not made.solutions.filter(lead=lead).exists():
            pressed(benchmarks.act, self._by, {"what": "lead", "lead": str(lead.pk)}, made.pk)
        known = set(made.solutions.values_list("name", flat=True))
        for solution in story.COMPARED:
            if solution["name"] not in known:
                pressed(benchmarks.act, self._by, {"what": "solution", **solution}, made.pk)
        asked = set(made.criteria.values_list("name", flat=True))
        for name, how in story.ASKED:
            if name not in asked:
                pressed(benchmarks.act, self._by, {"what": "criterion", "name": name, "how": how}, made.pk)
        for solution_row in made.solutions.all():
            self._mark(made, solution_row, ours=solution_row.lead_id == lead.pk)
        pressed(benchmarks.act, self._by, {"what": "publish"}, made.pk)
        return True

    def _mark(self, made: Any, solution: Solution, *, ours: bool) -> None:
        said: dict[str, str] = {}
        marks = story.MARKS[story.FIRST["organisation"] if ours else solution.name]
        criteria: dict[str, Criterion] = {one.name: one for one in made.criteria.all()}
        for (name, _how), (mark, words) in zip(story.ASKED, marks, strict=True):
            cell = f"c{criteria[name].pk}"
            said |= {f"{cell}-mark": mark, f"{cell}-words": words, f"{cell}-url": ""}
        pressed(benchmarks.cells, self._by, said, made.pk, solution.pk)
