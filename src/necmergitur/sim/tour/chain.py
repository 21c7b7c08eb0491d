"""The chain that stands complete: each step by what the pages do, as soon as the one before allows it.

A step that is done is found in the database, so that a demonstration that was stopped goes on where it was.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec
import structlog
from django.db.models import QuerySet

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance import signing, terms
from necmergitur.governance.signing import PartyRole
from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.chain import ChallengeState, DeploymentState, LeadState, Route
from necmergitur.innovation.protocol import ExitName, Goal, Protocol, Source, Stop, TrialCost
from necmergitur.operations import trial_store, trials
from necmergitur.sim.tour import story
from necmergitur.sim.tour.keys import Key
from necmergitur.sim.tour.seeds import put_call, settled
from necmergitur.sim.tour.vendors import OBSERVER, VENDORS
from necmergitur.web.accounts.models import User
from necmergitur.web.facts.models import Party, Sensor, Trial
from necmergitur.web.incubation import keeping
from necmergitur.web.incubation.models import Application, Call
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Challenge, Deployment, Experiment, Lead, Need, Project
from necmergitur.web.store import person
from necmergitur.web.trials import papering
from necmergitur.web.trust.signing import invitations, sign_views
from necmergitur.web.watch.leading import lead_from
from necmergitur.web.watch.models import Match

log = structlog.get_logger(__name__)

Made = TypeVar("Made", Lead, Challenge, Project)  # a stage of the chain

CALL_LASTS = timedelta(days=1)
TRIAL_LASTS = timedelta(minutes=6)
LICENCE_CENTS = 120_000
RUNNING_COST_EUR = Decimal(9_600)
ROLES: dict[PartyRole, str] = {
    "territory": "La ville / The city (demonstration)",
    "company": "L'entreprise / The company (demonstration)",
    "state": "Le préfet / The Prefect (demonstration)",
}


def put_parties(keys: dict[PartyRole, Key], dpo: User, now: datetime) -> None:
    """Invite and enrol the three parties' keys, unless they are."""
    known = set(Party.objects.filter(retired_at=None).values_list("credential_id", flat=True))
    for role, key in keys.items():
        if key.credential_id not in known:
            token = invitations.invite(role, ROLES[role], dpo, now)
            settled(invitations.enrol(token, *key.create(invitations.challenge(token)), now))


def oldest(found: QuerySet[Made]) -> Made | None:
    """Return the example's own: what a visitor makes beside it, of the same stage, comes later."""
    return found.order_by("created_at").first()


def trial_of(project: Project, now: datetime) -> tuple[Experiment | None, Trial | None]:
    """Return the example's experiment, and its protocol once that is fixed; none if another is to be written.

    A visitor's own is not touched: it is younger, or its form is being filled in.
    """
    for one in Experiment.objects.filter(project=project, draft=None).order_by("created_at"):
        found = Trial.objects.filter(id=one.pk).first()
        if found is None or not _too_late(found, now):
            return one, found
    return None, None


class Example:
    """The first chain, brought on step by step."""

    def __init__(self, over: PostgresStore, keys: dict[PartyRole, Key], analyst: User) -> None:
        """Nothing is done yet."""
        self._over, self._keys, self._by = over, keys, analyst

    def turn(self, now: datetime) -> bool:
        """Take the next step, if it is time; return whether one was taken."""
        need = Need.objects.filter(title=story.TOLD_BEFORE["title"]).earliest("stated_at")
        lead = oldest(Lead.objects.filter(need=need, url__endswith=f"/{story.LEAD}"))
        if lead is None:
            return self._find(need, now)
        challenge = oldest(Challenge.objects.filter(lead=lead))
        if challenge is None:
            return self._challenge(lead, now)
        project = oldest(Project.objects.filter(team__challenge=challenge))
        if project is None:
            return self._apply(challenge, now)
        experiment, found = trial_of(project, now)
        if experiment is None or found is None:
            return self._protocol(project, experiment, now)
        return self._trial(experiment, found, now)

    def _find(self, need: Need, now: datetime) -> bool:
        """Wait for the watch to find it in its feed and to match it; then follow it up."""
        match = (
            Match.objects.filter(need=need, item__url__endswith=f"/{story.LEAD}").select_related("item", "need").first()
        )
        if match is None:
            return False
        lead = settled(lead_from(match, self._by, now))
        making.move(lead, LeadState.CONTACT, now, self._by, reason="Prise de contact (démonstration)", moved_at=now)
        return True

    def _challenge(self, lead: Lead, now: datetime) -> bool:
        made = settled(making.make(lead, now, self._by, title=story.CHALLENGE, brief=story.BRIEF))
        making.move(lead, LeadState.CHALLENGE, now, self._by, moved_at=now)
        making.move(made, ChallengeState.OPEN, now, self._by)
        return True

    def _apply(self, challenge: Challenge, now: datetime) -> bool:
        """The company applies; the city decides."""
        call = Call.objects.filter(challenge=challenge, title=story.CALL).first()
        if call is None:
            call = put_call(challenge, story.CALL, now, self._by, lasts=CALL_LASTS, places=2)
        ours = Application.objects.filter(call=call, organisation=story.FIRST["organisation"])
        if not ours.exists():
            settled(keeping.apply(call, story.FIRST, now))
        application = ours.earliest("received_at")
        reason = "Un site attend, et l'essai se mesure en une soirée (démonstration)."
        settled(keeping.decide(application, reason, now, self._by, accepted=True))
        return True

    def _protocol(self, project: Project, experiment: Experiment | None, now: datetime) -> bool:
        made = experiment or settled(making.make(project, now, self._by, title=story.TRIAL))
        outcome = trials.freeze(self._over, protocol_of(made, VENDORS[0].sensor_id, now), person(self._by), now)
        if isinstance(outcome, list):
            settled(outcome[0])
        return True

    def _trial(self, experiment: Experiment, found: Trial, now: datetime) -> bool:
        steps: dict[str, Callable[[Experiment, Trial, datetime], bool]] = {
            "frozen": self._sign_and_begin,
            "running": self._pay,
            "stopped": self._report,
            "reported": self._adopt,
        }
        return steps[found.state](experiment, found, now)

    def _sign_and_begin(self, experiment: Experiment, found: Trial, now: datetime) -> bool:
        settled(papering.draw_up(experiment, person(self._by), now))
        for proposal in papering.proposals(found):
            for role in signing.missing(proposal.paper):
                said = self._keys[role].get(terms.digest(proposal.paper.terms))
                settled(sign_views.signed(proposal, role, said, datetime.now(UTC)))
        settled(trials.begin(self._over, experiment.pk, person(self._by), datetime.now(UTC)))
        # Somebody would rather have an easier figure now: refused, and everybody reads that it was asked for.
        told = protocol.read(found.protocol)
        easier = msgspec.structs.replace(told, goals=(Goal("precision", 0.3), *told.goals[1:]))
        assert isinstance(trials.freeze(self._over, easier, person(self._by), datetime.now(UTC)), list)
        return True

    def _pay(self, experiment: Experiment, _found: Trial, now: datetime) -> bool:
        if any(isinstance(one.event, TrialCost) for one in trial_store.facts_of(self._over, experiment.pk)):
            return False
        settled(trials.note(self._over, experiment.pk, TrialCost("licence", LICENCE_CENTS), OBSERVER, now))
        return True

    def _report(self, experiment: Experiment, _found: Trial, now: datetime) -> bool:
        settled(trials.report(self._over, experiment.pk, person(self._by), now))
        return True

    def _adopt(self, experiment: Experiment, found: Trial, now: datetime) -> bool:
        """Leave as the figures say; what was adopted is put into service, with how it was bought."""
        if not found.exit:
            told = trial_store.facts_of(self._over, experiment.pk)
            figures = metrics.figures(protocol.read(found.protocol), told, now)
            share = figures.total.precision
            heard = figures.total.recall
            reason = f"{share.hits}/{share.of} alertes justes, {heard.hits}/{heard.of} foules annoncées."
            how: ExitName = "adopt" if figures.outcome == "hold" else "extend"
            settled(trials.leave(self._over, experiment.pk, how, reason, person(self._by), now))
            return True
        if found.exit != "adopt" or Deployment.objects.filter(experiment=experiment).exists():
            return False
        made = settled(
            making.make(
                Experiment.objects.get(pk=experiment.pk),
                now,
                self._by,
                title=story.FIRST["title"],
                adopter=story.ADOPTER,
                place=story.PLACE,
                route=Route.PARTNERSHIP,
                running_cost_eur=RUNNING_COST_EUR,
            )
        )
        making.move(made, DeploymentState.RUNNING, now, self._by)
        return True


def _too_late(found: Trial, now: datetime) -> bool:
    """Return whether a protocol waited for its signatures until its time was over: then another is written."""
    return bool(found.state == "frozen" and now >= protocol.read(found.protocol).ends)


def protocol_of(of: Experiment, sensor_id: str, now: datetime) -> Protocol:
    """Return the example's protocol for an experiment: an evening played in minutes."""
    zone = Sensor.objects.values_list("zone_id", flat=True).get(id=sensor_id)
    return Protocol(
        id=of.pk,
        chain=of.chain,
        title=of.title,
        hypotheses=(story.HYPOTHESIS,),
        goals=(Goal("precision", 0.7), Goal("recall", 0.6), Goal("cost_eur", 5_000.0)),
        sources=(Source(sensor_id, "density", str(zone)),),
        mode="shadow",
        starts=now + timedelta(seconds=1),
        ends=now + TRIAL_LASTS,
        alarm_level=2,
        tolerance_s=1,
        operators=2,
        sample=6,
        stop=Stop(good=20, bad=60),
    )
