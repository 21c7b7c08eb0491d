"""What the programme of a demonstration holds from its first minute: needs, sources, partners, a call, a hackathon."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from django.db import transaction
from django.utils import translation

from necmergitur.innovation.chain import ChallengeState, LeadState
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim.tour import story
from necmergitur.sim.tour.shared import put_commons
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role
from necmergitur.web.hackathon.desk import conduct
from necmergitur.web.hackathon.models import Edition
from necmergitur.web.incubation.models import Call, Grant
from necmergitur.web.network.models import Partner, Site
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Challenge, Lead, Need, Vote
from necmergitur.web.store import store
from necmergitur.web.watch.models import Source

VOICES = (31, 24, 12, 9)  # invented votes for the needs, in their order
MONTH = timedelta(days=30)
GRANT_CENTS = 32_000_000


def somebody(role: Role) -> User:
    """Return the demonstration's first account of a role. Raises User.DoesNotExist."""
    found = User.objects.filter(is_demo=True, grants__role=role).order_by("pk").first()
    if found is None:
        raise User.DoesNotExist(role)
    return found


def seed(watched: str, now: datetime) -> None:
    """Make what is missing; `watched` is where the invented sources stand, with a slash at its end."""
    analyst = somebody(Role.ANALYST)
    for number, said in enumerate((story.TOLD_BEFORE, story.YOURS, *story.OTHERS)):
        # The last one is stated by nobody of the house: its body was not asked yet, as its page says.
        put_need(said, VOICES[number], now, None if said is story.OTHERS[-1] else analyst)
    put_sources(watched, analyst, now)
    put_partners(now)
    put_edition(put_challenge(analyst, now), now)
    put_commons(analyst, now)


@transaction.atomic
def put_need(said: dict[str, Any], voices: int, now: datetime, by: User | None = None) -> None:
    """State a need, with invented voices for it."""
    if Need.objects.filter(title=said["title"]).exists():
        return
    made = making.state_need(now, by, **said)
    rows = [Vote(need=made, voter=uuid5(made.pk, str(number)).hex * 2, at=now) for number in range(voices)]
    Vote.objects.bulk_create(rows)


def put_sources(watched: str, by: User, now: datetime) -> None:
    """Follow the invented sources where they stand now."""
    for one in story.SOURCES:
        url = f"{watched}{one.path}"
        known = Source.objects.filter(name=one.name, created_by_id=by.pk).first()
        if known is None:
            Source.objects.create(
                id=store().ids.new(),
                name=one.name,
                format=one.format,
                url=url,
                created_at=now,
                due_at=now,
                created_by_id=by.pk,
            )
        elif known.url != url:  # the demonstration moved to another port
            Source.objects.filter(pk=known.pk).update(
                url=url, etag="", last_modified="", state="on", failures=0, due_at=now
            )


@transaction.atomic
def put_partners(now: datetime) -> None:
    """Make the two partners with a site each."""
    for said in story.PARTNERS:
        fields = {name: value for name, value in said.items() if name != "site"}
        if not Partner.objects.filter(name=fields["name"]).exists():
            made = Partner.objects.create(id=store().ids.new(), joined_at=now, **fields)
            Site.objects.create(partner=made, **said["site"])


@transaction.atomic
def put_challenge(by: User, now: datetime) -> Challenge:
    """Make an open challenge of the third need, with a call for applications and money."""
    need = Need.objects.get(title=story.OTHERS[0]["title"])
    found = Challenge.objects.filter(lead__need=need).first()
    if found is not None:
        return found
    lead = making.make(
        need,
        now,
        by,
        title="Cordes qui appellent les sauveteurs" + story.MARK,
        organisation="Institut des Essais",
        summary="Des cordes tendues le long du quai sentent une chute et appellent.",
    )
    assert isinstance(lead, Lead), lead
    made: Any = making.make(lead, now, by, title=story.SECOND, brief="Une chute, une alerte.")
    making.move(lead, LeadState.CHALLENGE, now, by, moved_at=now)
    opened: Challenge = making.move(made, ChallengeState.OPEN, now, by)
    put_call(opened, story.OPEN_CALL, now, by, lasts=MONTH, places=3)
    Grant.objects.create(title="Subvention d'innovation" + story.MARK, cents=GRANT_CENTS, given_on=now.date())
    return opened


@transaction.atomic
def put_call(challenge: Challenge, title: str, now: datetime, by: User, *, lasts: timedelta, places: int) -> Call:
    """Invite companies to answer a challenge, as the desk does."""
    text = "Dites ce que vous essayeriez, où, et comment on saurait que cela marche. Appel inventé."
    made = Call.objects.create(
        id=store().ids.new(),
        challenge=challenge,
        title=title,
        text=text,
        opens_at=now,
        closes_at=now + lasts,
        places=places,
    )
    making.note(challenge, "call", by, now)
    return made


def put_edition(challenge: Challenge, now: datetime) -> None:
    """Open a hackathon's registration."""
    if Edition.objects.filter(title=story.HACKATHON).exists():
        return
    with translation.override("fr"):
        made = Edition.objects.create(
            id=store().ids.new(),
            slug="demo",
            title=story.HACKATHON,
            place="Hôtel de ville",
            about="Un hackathon inventé\N{NO-BREAK SPACE}: inscrivez-vous, personne ne vous attend.",
            conduct=conduct(),
            places=400,
            registration_at=now,
            teams_at=now + MONTH,
            work_at=now + MONTH + timedelta(hours=2),
            submission_at=now + MONTH + timedelta(days=1),
            review_at=now + MONTH + timedelta(days=1, hours=6),
            results_at=now + MONTH + timedelta(days=2),
        )
    made.challenges.set([challenge])


def settled(made: Any) -> Any:
    """Return what was made. Raises RuntimeError with the refusal: the example asks for nothing that is refused."""
    if isinstance(made, Refusal):
        raise RuntimeError(f"the example was refused: {made.rule} {made.facts}")  # noqa: TRY004 -- a refusal, not a type
    return made
