"""Teams: people who count are placed by what they wish and what they bring; the analyst moves whom it does not suit."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from necmergitur.innovation import editions, teams
from necmergitur.innovation.chain import TeamState
from necmergitur.innovation.editions import Act
from necmergitur.innovation.teams import Person, Team
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.models import User
from necmergitur.web.hackathon import writing
from necmergitur.web.hackathon.models import Edition, Entry, Member, Participant, Skill
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Challenge

SOUGHT, WANTED = 2.0, 1.0  # ours: each team wants every skill, and one of them more than others


class _Refused(Exception):
    """Carries a refusal out of a transaction, which is taken back."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.rule)
        self.refusal = refusal


def waiting(edition: Edition, *, present: bool) -> list[Participant]:
    """Return who has no team yet: all who count, or only those who are there."""
    found = edition.participants.filter(counts=True, member__isnull=True).order_by("pk")
    return list(found.filter(checked_in_at__isnull=False) if present else found)


def match(edition: Edition, count: int, now: datetime, by: User, *, present: bool) -> list[Entry] | Refusal:
    """Form so many teams of everybody who waits, and make each a stage of its challenge's chain."""
    refused = editions.may(Act.FORM, edition.dates, now)
    if refused is not None:
        return refused
    try:
        with making.gathering():
            Edition.objects.select_for_update().get(pk=edition.pk)
            people = waiting(edition, present=present)
            if not people:
                there = present and waiting(edition, present=False)
                return Refusal(rule="nobody_there" if there else "nobody_waiting")
            placed = placing(edition, people, count)
            if isinstance(placed, Refusal):
                return placed
            themes, seats = placed
            by_id = {str(one.pk): one for one in people}
            groups: dict[str, list[Participant]] = {team: [] for team in themes}
            for person, team in seats.items():
                groups[team].append(by_id[person])
            return [_made(edition, themes[team], members, now, by) for team, members in groups.items()]
    except _Refused as error:
        return error.refusal


def placing(
    edition: Edition, people: list[Participant], count: int
) -> tuple[dict[str, Challenge], dict[str, str]] | Refusal:
    """Return which challenge each team works on, and each person's team."""
    sizes = editions.sizes(len(people), count)
    if isinstance(sizes, Refusal):
        return sizes
    challenges = {str(one.pk): one for one in edition.challenges.all()}
    if not challenges:
        return Refusal(rule="edition_no_themes")
    asking, offered, themes = market(edition, people, sizes)
    return {team: challenges[theme] for team, theme in themes.items()}, teams.place(asking, offered)


def market(
    edition: Edition, people: list[Participant], sizes: list[int]
) -> tuple[list[Person], list[Team], dict[str, str]]:
    """Return people with their wishes, teams with what they seek, and each team's theme."""
    themes = sorted(str(one) for one in edition.challenges.values_list("pk", flat=True))
    wishes = {str(one.pk): [str(w) for w in one.wishes if str(w) in themes] for one in people}
    first = Counter(one[0] for one in wishes.values() if one)
    made = wanted(editions.shares({theme: first[theme] for theme in themes}, len(sizes)), sizes)
    of_theme: dict[str, list[Team]] = {theme: [] for theme in themes}
    for theme, team in made:
        of_theme[theme].append(team)
    asking = [_asking(one, wishes[str(one.pk)], of_theme) for one in people]
    return asking, [team for _, team in made], {team.id: theme for theme, team in made}


def by_hand(edition: Edition, challenge: Challenge, people: list[Participant], now: datetime, by: User) -> Any:
    """Make one team of people who wait; return its entry, or why not."""
    refused = editions.may(Act.FORM, edition.dates, now)
    if refused is None:
        refused = editions.check_team(len(people))
    if refused is not None:
        return refused
    try:
        with making.gathering():
            Edition.objects.select_for_update().get(pk=edition.pk)
            if Member.objects.filter(participant__in=people).exists():
                return Refusal(rule="member_elsewhere")
            return _made(edition, challenge, people, now, by)
    except _Refused as error:
        return error.refusal


@transaction.atomic
def move(person: Participant, entry: Entry, now: datetime, by: User) -> Refusal | None:
    """Bring somebody into a team. Neither the team they leave nor the one they join goes out of bounds."""
    refused = editions.may(Act.FORM, entry.edition.dates, now)
    if refused is not None:
        return refused
    Edition.objects.select_for_update().get(pk=entry.edition_id)
    held = Member.objects.filter(participant=person).select_related("entry").first()
    if held is not None and held.entry_id == entry.pk:
        return None
    sizes = [entry.members.count() + 1, *([held.entry.members.count() - 1] if held else [])]
    for size in sizes:
        refused = editions.check_team(size)
        if refused is not None:
            return refused
    Member.objects.update_or_create(participant=person, defaults={"entry": entry})
    writing.tell_team(entry, [person], now)
    making.note(entry.team, "joined", by, now, table=str(entry.number))
    return None


def _made(edition: Edition, challenge: Challenge, members: list[Participant], now: datetime, by: User) -> Entry:
    number = (edition.entries.aggregate(last=Max("number"))["last"] or 0) + 1
    team = making.make(challenge, now, by, title=f"{edition.title} · {number}")
    if isinstance(team, Refusal):
        raise _Refused(team)
    team = making.move(team, TeamState.READY, now, by)
    entry = Entry.objects.create(edition=edition, team=team, number=number)
    Member.objects.bulk_create(Member(entry=entry, participant=one) for one in members)
    writing.tell_team(entry, members, now)
    return entry


def wanted(shares: dict[str, int], sizes: list[int]) -> list[tuple[str, Team]]:
    """Return the teams with their themes. What each seeks most goes round, so that no skill gathers at one table."""
    themes = [theme for theme, count in shares.items() for _ in range(count)]
    skills = Skill.values
    return [
        (
            theme,
            Team(
                id=f"{number:04d}",
                wanted={skill: SOUGHT if skill == skills[number % len(skills)] else WANTED for skill in skills},
                most=size,
            ),
        )
        for number, (theme, size) in enumerate(zip(themes, sizes, strict=True))
    ]


def _asking(person: Participant, wishes: list[str], of_theme: dict[str, list[Team]]) -> Person:
    """Return somebody's wishes as teams: those of their first theme first, there those that seek what they bring."""
    bare = Person(id=str(person.pk), skills=frozenset(person.skills))
    named = [team.id for theme in wishes for team in sorted(of_theme[theme], key=lambda t: (-teams.fit(bare, t), t.id))]
    return Person(id=bare.id, skills=bare.skills, wishes=tuple(named))
