"""People into teams: nobody and no team would both rather have each other (Gale and Shapley 1962)."""

import heapq
from collections.abc import Mapping, Sequence

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody to place. `wishes`: teams, best first; others come after, by what they need of them."""

    id: str
    skills: frozenset[str]
    wishes: tuple[str, ...] = ()


class Team(msgspec.Struct, frozen=True):
    """A team to fill. `wanted`: skills and how much each counts; `most`: how many people it takes."""

    id: str
    wanted: Mapping[str, float]
    most: int


def fit(person: Person, team: Team) -> float:
    """Return how much of what a team wants somebody brings."""
    return sum(team.wanted.get(skill, 0.0) for skill in person.skills)


def place(people: Sequence[Person], teams: Sequence[Team]) -> dict[str, str]:
    """Return a team for each person as far as there is room: a stable placing, the best of them for people."""
    ranks = {team.id: {person.id: _rank(person, team) for person in people} for team in teams}
    room = {team.id: team.most for team in teams}
    held: dict[str, list[tuple[tuple[float, str], str]]] = {team.id: [] for team in teams}
    lists = {person.id: iter(_ordered(person, teams)) for person in people}
    waiting = [person.id for person in people]
    while waiting:  # each offer is made once: at most people x teams
        person = waiting.pop()
        for team in lists[person]:
            if not room[team]:
                continue
            entry = (ranks[team][person], person)
            if len(held[team]) < room[team]:
                heapq.heappush(held[team], entry)
                break
            if entry > held[team][0]:
                waiting.append(heapq.heapreplace(held[team], entry)[1])
                break
    return {person: team for team, members in held.items() for _, person in members}


def blocking(people: Sequence[Person], teams: Sequence[Team], placed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs who would both rather have each other: none after `place`."""
    by_id = {team.id: team for team in teams}
    members: dict[str, list[Person]] = {team.id: [] for team in teams}
    for person in people:
        if person.id in placed:
            members[placed[person.id]].append(person)
    found: list[tuple[str, str]] = []
    for person in people:
        for wanted in _ordered(person, teams):
            if wanted == placed.get(person.id):
                break
            team = by_id[wanted]
            worst = min((_rank(one, team) for one in members[wanted]), default=None)
            has_room = len(members[wanted]) < team.most
            if team.most and (has_room or (worst is not None and _rank(person, team) > worst)):
                found.append((person.id, wanted))
    return found


def _rank(person: Person, team: Team) -> tuple[float, str]:
    return fit(person, team), person.id  # a tie is broken the same way each time


def _ordered(person: Person, teams: Sequence[Team]) -> list[str]:
    known = {team.id for team in teams}
    wished = [team for team in dict.fromkeys(person.wishes) if team in known]
    others = (team for team in teams if team.id not in set(wished))
    rest = sorted(others, key=lambda team: (-fit(person, team), team.id))
    return [*wished, *(team.id for team in rest)]
