"""The paper of an experiment: drawn up from its fixed protocol and the assessment of the vendor's key, in one act.

Nothing in it is typed again, so nothing can differ: the hash of the protocol, its sites, its end, its readers.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override

from necmergitur.adapters import law
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import signing
from necmergitur.governance.assessments import Covers
from necmergitur.governance.constants import LABEL_LENGTH_MAX
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.proposals import Proposal
from necmergitur.governance.terms import Experiment, Terms
from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import Goal, Protocol, Source
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import proposing
from necmergitur.web.facts.models import Assessment, Authorisation, City, TermsProposal, Trial
from necmergitur.web.programme.models import Experiment as Stage
from necmergitur.web.store import store
from necmergitur.web.trials import words as trial_words
from necmergitur.web.trust.signing import asking, showing, words

LEGAL_BASIS = "RGPD / GDPR, art. 6(1)(e)"
LAW = ("gdpr_art_5_6", "gdpr_art_35", "experiment_2021_467")
READERS = ("analyst", "dpo")
LIVE_READERS = (*READERS, "operator", "lead")


@transaction.atomic
def draw_up(row: Stage, by: Person, now: datetime) -> list[Proposal] | Refusal:
    """Put a paper before the three parties for each key of the vendor that has none yet, or say why not."""
    found = Trial.objects.filter(id=row.pk).first()
    if found is None or found.state != "frozen":
        return Refusal(rule="trial_not_frozen")
    told = protocol.read(found.protocol)
    Stage.objects.select_for_update().get(pk=row.pk)  # who presses it at the same moment finds these papers drawn up
    waiting = {one.paper.terms.stream for one in proposals(found)}
    made = []
    for source in told.sources:
        if stream_of(source) in waiting:
            continue
        on = assessment_of(source, now)
        if on is None:
            return Refusal(rule="trial_assessment_missing", facts={"sensor": source.sensor_id})
        asked = terms(told, found.digest, source, on, company_of(row), now)
        outcome = proposing.propose(store(), asked, law.rules(), by, now)
        if not isinstance(outcome, Proposal):
            return outcome[0]
        made.append(outcome)
    return made


def stream_of(source: Source) -> str:
    """Return the stream a vendor's key speaks on."""
    return f"sensor:{source.sensor_id}"


def assessment_of(source: Source, now: datetime) -> Assessment | None:
    """Return the newest assessment in force that covers a vendor's key."""
    rows = Assessment.objects.filter(stale_at=None, review_by__gt=now).order_by("-signed_at")
    ours = (row for row in rows if stream_of(source) in row.covers["streams"])
    return next((row for row in ours if row.covers["modality"] == source.speaks), None)


def company_of(row: Stage) -> str:
    """Return who tries: the team's organisation, or its name."""
    team = row.project.team
    return team.organisation or team.title


def terms(told: Protocol, digest: str, source: Source, on: Assessment, company: str, now: datetime) -> Terms:
    """Return what three parties are asked to sign for one key."""
    covers = msgspec.convert(on.covers, Covers)
    return Terms(
        id=store().ids.new(),
        label=told.title[:LABEL_LENGTH_MAX],
        stream=stream_of(source),
        modality=covers.modality,
        payload_schema=covers.payload_schema,
        purpose=covers.purpose,
        legal_basis=LEGAL_BASIS,
        law=LAW,
        holder=City.objects.values_list("name", flat=True).first() or "",
        operator_class="company",
        zones=(source.zone_id,),
        valid_from=max(now, told.starts),  # the key opens with the period, whenever the trial is begun
        valid_until=told.ends,
        retention_days=covers.retention_days,
        rate_per_minute=covers.rate_per_minute,
        bytes_max=MODALITIES[covers.modality].body_max,
        readers=READERS if told.mode == "shadow" else LIVE_READERS,
        assessment_id=on.id,
        assessment_version=on.version,
        assessment_digest=on.digest,
        experiment=Experiment(
            object=told.hypotheses[0],
            company=company[:LABEL_LENGTH_MAX],
            evaluation=f"Protocole / Protocol {digest}",
            metrics=tuple(_judged_by(goal) for goal in told.goals),
        ),
    )


def _judged_by(goal: Goal) -> str:
    """Return a goal as both languages read it: what is signed has no language of its own."""
    said = []
    for language in ("fr", "en"):
        with override(language):
            said.append(str(trial_words.METRICS[goal.metric]))
    values = dict.fromkeys((f"{goal.value:g}".replace(".", ","), f"{goal.value:g}"))
    return f"{' / '.join(said)} {'≤' if goal.metric in metrics.AT_MOST else '≥'} {' / '.join(values)}"


def proposals(found: Trial) -> list[Proposal]:
    """Return the papers before their parties that name a protocol, none that was taken back or is over."""
    streams = {stream_of(one) for one in protocol.read(found.protocol).sources}
    rows = TermsProposal.objects.filter(
        withdrawn_at=None, paper__terms__experiment__evaluation__endswith=found.digest
    ).order_by("proposed_at")
    ended = set(
        Authorisation.objects.filter(id__in=[row.id for row in rows], revoked_at__isnull=False).values_list(
            "id", flat=True
        )
    )
    return [one for one in map(showing.proposal_of, rows) if one.paper.terms.stream in streams and one.id not in ended]


def told(found: Trial, now: datetime) -> list[dict[str, Any]]:
    """Return each paper as the desk shows it: who signed, who is missing and where they sign."""
    papers = proposals(found)
    granted = {row.id: row for row in Authorisation.objects.filter(id__in=[one.id for one in papers])}
    return [_told(one, granted.get(one.id), now) for one in papers]


def _told(one: Proposal, granted: Authorisation | None, now: datetime) -> dict[str, Any]:
    missing = signing.missing(one.paper)
    return {
        "one": one,
        "standing": showing.standing(one, granted, now),
        "parties": [
            (words.PARTIES[role], role in missing, link(one.id, role)) for role in signing.needed(one.paper.terms)
        ],
        "obstacles": [words.explain(each) for each in asking.obstacles(one.paper.terms, now)] if missing else [],
    }


def link(pk: UUID, role: str) -> str:
    """Return where a party reads and signs."""
    return settings.ORIGIN.url + reverse("trust:proposal-sign", args=[pk, role])
