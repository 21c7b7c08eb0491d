"""The law as dated data: what each rule forbids, closes or requires, from when until when, with its source.

The rules are files (`governance/law/*.toml`, read by `adapters.law`); nothing here knows one by name. A rule that ended
opens nothing new: what rests on it is refused from the day after its last.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from necmergitur.governance.constants import JOURNAL_DAYS_LEAST
from necmergitur.governance.terms import Terms
from necmergitur.kernel.refusal import Refusal

_HOURS_PER_DAY = 24
OWNER = "law"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in a language, English where we have no other."""
        return self.fr if language.startswith("fr") else self.en


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A use that has no signed terms: what a flight's camera does, for what, by whom, kept how long, until when."""

    modality: str
    purpose: str
    operator_class: str
    retention_days: int
    law: tuple[str, ...]
    valid_until: datetime


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. `ends` is its last day; None while nobody has ended it.

    `modalities` is what it speaks of, empty when of everything. Of these, it `forbids` the use altogether, or opens it
    (`opens`: lawful only under this rule, or one like it), or bounds it: purposes, legal bases, classes of operator,
    how long it may be kept. What software cannot hold is said in `owes` and left to people.
    """

    id: str
    title: Words
    says: Words
    source: str
    url: str = ""
    starts: date
    ends: date | None = None
    modalities: tuple[str, ...] = ()
    forbids: bool = False
    opens: bool = False
    purposes: tuple[str, ...] = ()
    legal_bases: tuple[str, ...] = ()
    operator_classes: tuple[str, ...] = ()
    retention_hours_max: int | None = None
    interior_hours_max: int | None = None
    journal_days: int | None = None
    assessment: bool = False
    owes: tuple[Words, ...] = ()

    def speaks_of(self, modality: str) -> bool:
        """Return whether a kind of sensor falls under it."""
        return not self.modalities or modality in self.modalities

    def over(self) -> datetime | None:
        """Return the instant from which it is no longer law."""
        return None if self.ends is None else _midnight(self.ends + timedelta(days=1))

    def in_force(self, now: datetime) -> bool:
        """Return whether it is law at `now`."""
        over = self.over()
        return _midnight(self.starts) <= now and (over is None or now < over)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def speaking(rules: Iterable[Rule], modality: str, now: datetime) -> list[Rule]:
    """Return the rules in force that speak of a kind of sensor."""
    return [rule for rule in rules if rule.in_force(now) and rule.speaks_of(modality)]


def purposes(rules: Sequence[Rule], modality: str, now: datetime) -> tuple[str, ...]:
    """Return the purposes the law leaves for a kind of sensor, in the order of the rule that lists most."""
    return _narrowed([rule.purposes for rule in speaking(rules, modality, now)])


def legal_bases(rules: Sequence[Rule], modality: str, now: datetime) -> tuple[str, ...]:
    """Return the legal bases the law leaves for a kind of sensor."""
    return _narrowed([rule.legal_bases for rule in speaking(rules, modality, now)])


def operator_classes(rules: Sequence[Rule], modality: str, now: datetime) -> tuple[str, ...]:
    """Return the classes of operator the law leaves for a kind of sensor; empty when it names none."""
    return _narrowed([rule.operator_classes for rule in speaking(rules, modality, now)])


def _narrowed(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    told = sorted((each for each in lists if each), key=len, reverse=True)
    return tuple(name for name in told[0] if all(name in other for other in told[1:])) if told else ()


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How long the law lets pictures be kept, those of the inside of a home, and wants it known who looked."""

    pictures: timedelta
    interiors: timedelta
    journal: timedelta


def kept(rules: Sequence[Rule], modality: str, now: datetime) -> Kept:
    """Return how long pictures are kept: the least that any rule in force allows. Where none says, not at all.

    The journal is kept the longest that any rule in force asks for.
    """
    told = speaking(rules, modality, now)
    hours = [rule.retention_hours_max for rule in told if rule.retention_hours_max is not None]
    inside = [rule.interior_hours_max for rule in told if rule.interior_hours_max is not None]
    days = [rule.journal_days for rule in told if rule.journal_days is not None]
    pictures = timedelta(hours=min(hours, default=0))
    interiors = min(pictures, timedelta(hours=min(inside, default=0)))
    return Kept(pictures=pictures, interiors=interiors, journal=timedelta(days=max(days, default=JOURNAL_DAYS_LEAST)))


def modality_refused(rules: Sequence[Rule], modality: str, named: Sequence[str], now: datetime) -> list[Refusal]:
    """Return why a kind of sensor may not be used at all, or not under the rules that are named."""
    found = [
        Refusal(
            rule="law_forbids",
            detail=rule.says.en,
            owner=OWNER,
            until=rule.over(),
            facts={"law": rule.id, "modality": modality},
        )
        for rule in speaking(rules, modality, now)
        if rule.forbids
    ]
    opening = [rule for rule in rules if rule.opens and rule.speaks_of(modality)]
    if opening and not any(rule.in_force(now) for rule in opening):
        found.append(out_of_force(max(opening, key=lambda rule: rule.starts), now))
    elif opening and not any(rule.in_force(now) and rule.id in named for rule in opening):
        found.append(
            Refusal(
                rule="law_not_named",
                detail="This kind of sensor is lawful only under a rule that the terms must name.",
                owner=OWNER,
                facts={"law": " ".join(rule.id for rule in opening if rule.in_force(now)), "modality": modality},
            )
        )
    return found


def retention_refused(rules: Sequence[Rule], modality: str, days: int, now: datetime) -> list[Refusal]:
    """Return which rules let a kind of data be kept less long."""
    return [
        Refusal(
            rule="law_retention",
            detail=rule.says.en,
            owner=OWNER,
            facts={"law": rule.id, "days": str(rule.retention_hours_max // _HOURS_PER_DAY), "asked": str(days)},
        )
        for rule in speaking(rules, modality, now)
        if rule.retention_hours_max is not None and days * _HOURS_PER_DAY > rule.retention_hours_max
    ]


def against(terms: Terms | Use, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    """Return everything the law has against terms or a use, now and for as long as they last."""
    found = _named(terms, rules, now)
    found += modality_refused(rules, terms.modality, terms.law, now)
    for rule in speaking(rules, terms.modality, now):
        if rule.purposes and terms.purpose not in rule.purposes:
            found.append(
                Refusal(
                    rule="law_purpose",
                    detail=f"{rule.title.en} does not list this purpose.",
                    owner=OWNER,
                    facts={"law": rule.id, "purpose": terms.purpose},
                )
            )
        if rule.operator_classes and terms.operator_class not in rule.operator_classes:
            found.append(
                Refusal(
                    rule="law_operator",
                    detail=f"{rule.title.en} does not list this class of operator.",
                    owner=OWNER,
                    facts={"law": rule.id, "operator_class": terms.operator_class},
                )
            )
    return found + retention_refused(rules, terms.modality, terms.retention_days, now)


def _named(terms: Terms | Use, rules: Sequence[Rule], now: datetime) -> list[Refusal]:
    """Hold the rules the terms rest on against the calendar."""
    known = {rule.id: rule for rule in rules}
    found: list[Refusal] = []
    for name in terms.law:
        rule = known.get(name)
        over = None if rule is None else rule.over()
        if rule is None:
            found.append(Refusal(rule="law_unknown", owner=OWNER, facts={"law": name[:80]}))
        elif not rule.in_force(now):
            found.append(out_of_force(rule, now))
        elif over is not None and terms.valid_until > over:
            found.append(Refusal(rule="law_ends_first", owner=OWNER, until=over, facts={"law": rule.id}))
    return found


def out_of_force(rule: Rule, now: datetime) -> Refusal:
    """Return that a rule is not law at `now`: not yet, or no more."""
    if now < _midnight(rule.starts):
        return Refusal(
            rule="law_not_yet",
            detail=f"{rule.title.en} is not in force yet.",
            owner=OWNER,
            until=_midnight(rule.starts),
            facts={"law": rule.id},
        )
    assert rule.ends is not None
    return Refusal(
        rule="law_ended",
        detail=f"{rule.title.en} ended on {rule.ends}: nothing new may rest on it.",
        owner=OWNER,
        facts={"law": rule.id, "ended": rule.ends.isoformat()},
    )
