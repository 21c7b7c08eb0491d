"""A grant as lines: what was promised to whom, what was paid of it, what is left. In cents, so that sums are exact."""

from collections.abc import Sequence

import msgspec

from necmergitur.kernel.refusal import Refusal


class Line(msgspec.Struct, frozen=True):
    """Money promised for one thing, and what of it was paid. In cents of a euro."""

    committed: int
    paid: int = 0


class Standing(msgspec.Struct, frozen=True):
    """Where a grant stands, in cents."""

    amount: int
    committed: int
    paid: int

    @property
    def left(self) -> int:
        """What can still be promised."""
        return self.amount - self.committed

    @property
    def owed(self) -> int:
        """What was promised and not paid."""
        return self.committed - self.paid


def standing(amount: int, lines: Sequence[Line]) -> Standing:
    """Return where a grant stands."""
    return Standing(amount, sum(line.committed for line in lines), sum(line.paid for line in lines))


def may_commit(now: Standing, cents: int) -> Refusal | None:
    """Return why this much may not be promised."""
    if cents <= 0:
        return Refusal(rule="amount_out_of_range")
    if cents > now.left:
        return Refusal(rule="grant_spent", facts={"left": str(now.left)})
    return None


def may_pay(line: Line, cents: int) -> Refusal | None:
    """Return why this much may not be paid of a line."""
    if cents <= 0:
        return Refusal(rule="amount_out_of_range")
    if line.paid + cents > line.committed:
        return Refusal(rule="line_spent", facts={"left": str(line.committed - line.paid)})
    return None
