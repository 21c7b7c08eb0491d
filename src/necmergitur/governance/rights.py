"""A person's rights over their data: what may be asked, by when it is answered, and on which grounds it is refused.

Law as data: regulation (EU) 2016/679 (GDPR), articles 12 to 21. A refusal that cites none of these is no refusal.
"""

import calendar
from datetime import datetime
from typing import Literal

import msgspec

from necmergitur.governance.constants import RIGHTS_EXTENDED_MONTHS, RIGHTS_MONTHS, RIGHTS_WORDS_MAX
from necmergitur.kernel.refusal import Refusal

Kind = Literal["access", "log", "rectify", "erase", "object"]
# What is asked -> the article that gives it.
KINDS: dict[str, str] = {
    "access": "GDPR art. 15",
    "log": "GDPR art. 15(1)(c)",
    "rectify": "GDPR art. 16",
    "erase": "GDPR art. 17",
    "object": "GDPR art. 21",
}
_ALL = tuple(KINDS)
# Ground -> the article it is in, and which requests it may refuse.
GROUNDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "not_identified": ("GDPR art. 11(2) and 12(2)", _ALL),
    "unfounded": ("GDPR art. 12(5)", _ALL),
    "excessive": ("GDPR art. 12(5)", _ALL),
    "others_rights": ("GDPR art. 15(4)", ("access", "log")),
    "accurate": ("GDPR art. 16", ("rectify",)),
    "legal_obligation": ("GDPR art. 17(3)(b)", ("erase",)),
    "archive": ("GDPR art. 17(3)(d) and 89(1)", ("erase",)),
    "legal_claims": ("GDPR art. 17(3)(e)", ("erase",)),
    "open_call": ("GDPR art. 6(1)(d) and 17(3)(b)", ("erase",)),
    "compelling": ("GDPR art. 21(1)", ("object",)),
    "restricted": ("GDPR art. 23(1)", _ALL),
}
# Why a month is not enough (art. 12(3)): told to the person within that month.
EXTENSIONS = ("complexity", "number")
OUTCOMES = ("granted", "partly", "refused", "nothing_held")
# What opens a person's data, or destroys it: on the desk's word alone, one officer says who it is and another does it.
TWO_PEOPLE = ("access", "log", "erase")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands. `proven`: whether the person is who they say, None while nobody looked."""

    kind: str
    received_at: datetime
    proven: bool | None = None
    extended: bool = False
    answered: bool = False

    @property
    def due_at(self) -> datetime:
        """By when it is answered."""
        return months_after(self.received_at, RIGHTS_EXTENDED_MONTHS if self.extended else RIGHTS_MONTHS)


def months_after(instant: datetime, months: int) -> datetime:
    """Return the same hour of the same day `months` later; the month's last day where it is shorter.

    Regulation (EEC, Euratom) 1182/71, art. 3(2)(c): a period in months ends on the same date of the last month, and on
    its last day where there is no such date.
    """
    index = instant.month - 1 + months
    year, month = instant.year + index // 12, index % 12 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, calendar.monthrange(year, month)[1]))


def extend(case: Case, why: str, words: str, now: datetime) -> Refusal | None:
    """Return why the deadline may not become three months, None when it may."""
    if case.answered:
        return Refusal(rule="right_answered")
    if case.extended:
        return Refusal(rule="right_extended_already", owner="gate", until=case.due_at)
    if now >= case.due_at:
        return Refusal(rule="right_extension_late", owner="gate", until=case.due_at)
    if why not in EXTENSIONS:
        return Refusal(rule="right_extension_reason_unknown")
    return _words(words)


def answer(case: Case, outcome: str, ground: str, words: str, *, alone: bool = False) -> Refusal | None:
    """Return why a request may not be answered so, None when it may.

    `alone`: whoever answers is the only one who said that the person is who they say.
    """
    if case.answered:
        return Refusal(rule="right_answered")
    if outcome not in OUTCOMES:
        return Refusal(rule="right_outcome_unknown")
    if outcome in ("refused", "partly"):
        if ground not in GROUNDS:
            return Refusal(rule="right_ground_missing", owner="gate")
        if case.kind not in GROUNDS[ground][1]:
            return Refusal(rule="right_ground_unfit", owner="gate", facts={"ground": GROUNDS[ground][0]})
    elif ground:
        return Refusal(rule="right_ground_unfit", owner="gate")
    if outcome != "refused" and case.proven is not True:
        return Refusal(rule="right_not_proven", owner="gate")
    if alone and outcome in ("granted", "partly") and case.kind in TWO_PEOPLE:
        return Refusal(rule="right_two_people", owner="gate")
    return _words(words)


def cited(kind: str, outcome: str, ground: str) -> str:
    """Return the article an answer rests on."""
    return GROUNDS[ground][0] if outcome in ("refused", "partly") else KINDS[kind]


def _words(text: str) -> Refusal | None:
    if not text.strip():
        return Refusal(rule="reason_missing", detail="Say why, to the person.")
    if len(text) > RIGHTS_WORDS_MAX:
        return Refusal(rule="note_too_long")
    return None
