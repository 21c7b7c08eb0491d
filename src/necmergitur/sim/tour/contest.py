"""A hackathon of four hundred invented people, played from the first application to the prizes: a piece each turn.

It happened some days ago: each act is given the moment at which it was allowed, and the rooms judge it as anybody's.
What is done is found in the database, so that a demonstration that was stopped goes on where it was.
"""

import hashlib
import random
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import msgspec
from django.db import transaction
from django.utils import translation

from necmergitur.innovation import reviews
from necmergitur.innovation.chain import ChallengeState, LeadState
from necmergitur.sim.tour import story
from necmergitur.sim.tour.seeds import settled
from necmergitur.web.accounts.models import User
from necmergitur.web.hackathon import forming, handing, jury, people, prizes
from necmergitur.web.hackathon.desk import conduct
from necmergitur.web.hackathon.models import Edition, Entry, Helper, Skill, Submission, Voice
from necmergitur.web.letters.models import Letter
from necmergitur.web.programme import example, making
from necmergitur.web.programme.models import Challenge, Deployment, Need
from necmergitur.web.store import store

SLUG = example.PLAYED
BEGAN, GATHERED, ENDED = timedelta(days=12), timedelta(days=4), timedelta(days=2)  # before now
AT_ONCE = 50  # ours: people of one turn; a turn takes about a second
WORKS_AT_ONCE = 20  # ours, for the same
REVIEWS_AT_ONCE = 30  # ours, for the same
EACH = 3  # reviews of one work
PRIZES = ("Premier prix", "Deuxième prix")
PUBLIC_PRIZE = "Prix du public"
SOON = timedelta(minutes=1)


class Size(msgspec.Struct, frozen=True):
    """How many take part."""

    people: int = 400
    teams: int = 80
    jurors: int = 24
    voters: int = 120


class Contest:
    """One edition, brought on piece by piece."""

    def __init__(self, by: User, size: Size | None = None) -> None:
        """Nobody has applied yet."""
        self._by, self._size = by, size or Size()

    def turn(self, now: datetime) -> bool:
        """Do the next piece, once the first chain stands complete; return whether one was done."""
        edition = Edition.objects.filter(slug=SLUG).first()
        if edition is None:
            first = Need.objects.filter(title=story.TOLD_BEFORE["title"]).first()
            if first is None or not Deployment.objects.filter(chain=first.chain).exists():
                return False
            self._open(now)
            return True
        if edition.published_at is not None:
            return False
        pieces = (self._apply, self._arrive, self._team, self._hand_in, self._ask, self._mark, self._vote, self._award)
        with translation.override("fr"):
            return any(piece(edition) for piece in pieces)

    @transaction.atomic
    def _open(self, now: datetime) -> None:
        began, gathered = now - BEGAN, now - GATHERED
        with translation.override("fr"):
            made = Edition.objects.create(
                id=store().ids.new(),
                slug=SLUG,
                title=story.PLAYED,
                place="Hôtel de ville",
                about="Un hackathon inventé, joué jusqu'aux prix par des personnes qui n'existent pas.",
                conduct=conduct(),
                places=self._size.people,
                registration_at=began,
                teams_at=gathered,
                work_at=gathered + timedelta(hours=2),
                submission_at=gathered + timedelta(days=1),
                review_at=gathered + timedelta(days=1, hours=6),
                results_at=now - ENDED,
            )
        made.challenges.set([Challenge.objects.get(title=story.SECOND), self._station(now)])

    def _station(self, now: datetime) -> Challenge:
        """Make an open challenge of the need that nobody has taken up."""
        need = Need.objects.get(title=story.OTHERS[1]["title"])
        lead: Any = settled(making.make(need, now, self._by, title=story.SIGNS))
        made: Any = settled(making.make(lead, now, self._by, title=story.SIGNS, brief=story.SIGNS_BRIEF))
        making.move(lead, LeadState.CHALLENGE, now, self._by, moved_at=now)
        opened: Challenge = making.move(made, ChallengeState.OPEN, now, self._by)
        return opened

    def _apply(self, edition: Any) -> bool:
        there = edition.participants.count()
        themes = [str(one) for one in edition.challenges.order_by("title").values_list("pk", flat=True)]
        at = edition.registration_at + SOON
        with transaction.atomic():
            for number in range(there, min(there + AT_ONCE, self._size.people)):
                said = {
                    "name": f"Personne inventée {number + 1:03d}",
                    "email": f"personne{number + 1}@gens.invalid",
                    "organisation": f"Organisation inventée {number % 40 + 1}" if number % 3 == 0 else "",
                    "skills": [Skill.values[number % len(Skill.values)], Skill.values[(5 * number + 3) % 8]],
                    "wishes": themes[number % 2 :] + themes[: number % 2],
                }
                settled(people.register(edition, at, said))
            _unwritten(at)
        return bool(there < self._size.people)

    def _arrive(self, edition: Any) -> bool:
        away = list(edition.participants.filter(checked_in_at=None).order_by("pk")[:AT_ONCE])
        for one in away:
            settled(people.check_in(one, edition.teams_at + SOON))
        return bool(away)

    def _team(self, edition: Any) -> bool:
        if edition.entries.exists():
            return False
        at = edition.teams_at + 2 * SOON
        with transaction.atomic():
            settled(forming.match(edition, self._size.teams, at, self._by, present=True))
            _unwritten(at)
        return True

    def _hand_in(self, edition: Any) -> bool:
        waiting = list(
            Entry.objects.filter(edition=edition, submission=None).select_related("team__challenge")[:WORKS_AT_ONCE]
        )
        for entry in waiting:
            ideas = story.AT_THE_WATER if entry.team.challenge.title == story.SECOND else story.IN_SMOKE
            idea = ideas[entry.number % len(ideas)]
            said = {
                "title": f"{idea}, table {entry.number}",
                "summary": f"{idea} : ce que nous avons essayé, ce que cela mesure, et ce qui manque encore. Inventé.",
                "demo": f"https://demo.invalid/{entry.number}",
                "repository": f"https://code.invalid/{entry.number}",
            }
            settled(handing.hand_in(entry, edition.submission_at + SOON, said))
        return bool(waiting)

    def _ask(self, edition: Any) -> bool:
        """Invite the jury; each says whom they know; then each work has its readers, conflicts excluded."""
        at = edition.review_at + SOON
        if edition.helpers.exists():
            return False
        with transaction.atomic():
            for number in range(self._size.jurors):
                said = {
                    "kind": Helper.Kind.JUROR,
                    "name": f"Juré inventé {number + 1:02d}",
                    "email": f"jury{number + 1}@jury.invalid",
                    "organisation": f"Organisation inventée {number + 1}",
                }
                settled(people.invite(edition, said, at))
            for number, one in enumerate(edition.helpers.all()):
                jury.declare(one, f"personne{number * 7 + 1}@gens.invalid", at)
            settled(jury.assign(edition, EACH, at))
            _unwritten(at)
        return True

    def _mark(self, edition: Any) -> bool:
        """Let jurors read: from words alone, then with the demonstration open. Some are severer than others."""
        waiting = jury.edition_reviews(edition).filter(done_at=None).order_by("pk")[:REVIEWS_AT_ONCE]
        asked = list(waiting.values_list("pk", "juror_id", "submission__entry__number"))
        for pk, juror_id, number in asked:
            worth = random.Random(number).gauss(6, 1.5) + random.Random(str(juror_id)).gauss(0, 1)  # noqa: S311
            drawn = random.Random(pk)  # noqa: S311 -- an invented jury
            for step in (reviews.BLIND, reviews.SEEN):
                given = {one: float(min(10, max(0, round(worth + drawn.gauss(0, 1))))) for one in step}
                settled(jury.mark(pk, given, "Clair, et mesuré. Inventé.", edition.review_at + 2 * SOON))
        return bool(asked)

    def _vote(self, edition: Any) -> bool:
        if edition.voices.exists():
            return False
        works = Submission.objects.filter(entry__edition=edition).order_by("entry__number")
        Voice.objects.bulk_create(
            Voice(
                edition=edition,
                submission=chosen,
                voter=hashlib.sha256(f"{SLUG}|{number}".encode()).hexdigest(),
                at=edition.review_at + SOON,
            )
            for number, chosen in enumerate(islice(cycle([*works[:3], works[0], *works]), self._size.voters))
        )
        return True

    def _award(self, edition: Any) -> bool:
        """Give the prizes; what won becomes a draft experiment; the results are published."""
        at = edition.results_at + SOON
        ranked = [Submission.objects.get(pk=int(one.work)) for one in jury.results(edition)]
        favourite = Submission.objects.filter(entry__edition=edition).order_by("entry__number")[0]
        with transaction.atomic():
            for prize, winner in ((PRIZES[0], ranked[0]), (PRIZES[1], ranked[1]), (PUBLIC_PRIZE, favourite)):
                settled(prizes.award(winner, prize, "Inventé pour la démonstration.", at, self._by))
            settled(prizes.draft_experiment(ranked[0], at, self._by))
            Edition.objects.filter(pk=edition.pk).update(published_at=at)
        return True


def _unwritten(at: datetime) -> None:
    """Keep no letter to people who do not exist."""
    Letter.objects.filter(made_at=at).delete()
