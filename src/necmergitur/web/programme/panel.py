"""Who reads what, wherever people read blind what others sent: a hackathon's jury, the reviewers of a call.

A room says what its models call the two sides. When something may be done, and what becomes of marks, is its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.db.models import Max, QuerySet

from necmergitur.innovation import reviews
from necmergitur.innovation.reviews import Juror, Work
from necmergitur.kernel.refusal import Refusal

Pairs = list[tuple[str, str]]  # who, what; as texts


class Reader(Protocol):
    """A juror or a reviewer, as a room keeps them."""

    pk: UUID
    name: str
    email: str
    organisation: str
    knows: str
    declared_at: datetime | None


def unsaid(readers: Iterable[Reader], rule: str) -> Refusal | None:
    """Refuse to ask anybody while one of them has not said whom they know. Who that is, is for the desk alone."""
    names = [one.name for one in readers if one.declared_at is None]
    return Refusal(rule=rule, facts={"who": ", ".join(sorted(names))}) if names else None


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """What a room keeps of its readers: what they are asked to read, and what they may not."""

    reviews: Any  # its models, and what these call a reader and a work
    conflicts: Any
    reader: str
    work: str
    has_houses: bool = False  # whose mail an organisation keeps knows that organisation

    def jurors(self, readers: Sequence[Reader], *, written: bool = False) -> list[Juror]:
        """Return readers as the rules read them: with what they declared, or with all that is `written` down."""
        rows = self.conflicts.objects.filter(**{f"{self.reader}__in": readers})
        declared: dict[Any, set[str]] = {}
        for reader, work in (rows if written else rows.filter(why="declared")).values_list(*self._sides):
            declared.setdefault(reader, set()).add(str(work))
        return [self._juror(one, declared.get(one.pk, ())) for one in readers]

    def _juror(self, row: Reader, declared: Collection[str]) -> Juror:
        known = {line.strip() for line in row.knows.splitlines()}
        if self.has_houses:
            known.add(reviews.house_of(row.email))
        return Juror(
            id=str(row.pk),
            email=row.email,
            organisation=row.organisation,
            knows=frozenset(known - {""}),
            declared=frozenset(declared),
            name=row.name,
        )

    def held(self, asked: QuerySet[Any]) -> Pairs:
        """Return who reads what. Marks of readers who were erased count as read, each of them for one."""
        rows = asked.values_list(self._sides[0], "number", self._sides[1])
        return [(str(reader) if reader else f"erased {number}", str(work)) for reader, number, work in rows]

    def ask(
        self, works: Sequence[Work], jurors: Sequence[Juror], each: int, held: Pairs, asked: QuerySet[Any]
    ) -> int | Refusal:
        """Ask `each` readers for each work besides what is held; keep it, and return how many reviews were added."""
        made = reviews.assign(works, jurors, each, held)
        if isinstance(made, Refusal):
            return made
        known = asked.filter(**{f"{self.reader}__isnull": False}).values_list(self._sides[0], "number")
        numbers = {str(key): value for key, value in known}
        last = asked.aggregate(last=Max("number"))["last"] or 0
        for reader, work in made:
            if reader not in numbers:
                last += 1
                numbers[reader] = last
            sides = dict(zip(self._sides, (reader, work), strict=True))
            self.reviews.objects.create(number=numbers[reader], **sides)
        return len(made)

    def exclude(
        self, found: Mapping[tuple[str, str], str], asked: QuerySet[Any], *, marked_stay: bool
    ) -> QuerySet[Any]:
        """Write conflicts down, and take back what was asked in spite of one; return what stays of that."""
        rows: Iterable[Any] = asked.values_list("pk", *self._sides)
        against = self.reviews.objects.filter(
            pk__in=[pk for pk, reader, work in rows if (str(reader), str(work)) in found]
        )
        (against.filter(done_at=None) if marked_stay else against).delete()
        self.conflicts.objects.bulk_create(
            [
                self.conflicts(**dict(zip(self._sides, pair, strict=True)), why=why)
                for pair, why in sorted(found.items())
            ],
            ignore_conflicts=True,  # what was written before keeps its reason
        )
        return against

    def recognised(self, review: Any) -> None:
        """A reader saw whose work it is: write that down, and ask them no more."""
        sides = {name: getattr(review, name) for name in self._sides}
        review.delete()
        self.conflicts.objects.get_or_create(**sides, defaults={"why": "declared"})

    @property
    def _sides(self) -> tuple[str, str]:
        return f"{self.reader}_id", f"{self.work}_id"
