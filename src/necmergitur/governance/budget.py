"""What a stream may say in a time: so many readings, and so many bits, whatever its paper allows.

A detection stream that says less than speech can be written with cannot carry speech. It is a bound, not a proof:
what little passes may still be misused, which the closed types and the purposes are for.
"""

from datetime import datetime

import msgspec

from necmergitur.governance.constants import BUDGET_SPARE_S, ENVELOPE_BITS, STREAM_BITS_PER_S
from necmergitur.governance.modalities import Modality
from necmergitur.kernel.refusal import Refusal


class Bucket(msgspec.Struct, frozen=True):
    """A bucket of tokens that fills by `per_s` up to `most`; what is taken must be there. Time is an argument."""

    per_s: float
    most: float
    held: float
    at: datetime

    def take(self, amount: float, now: datetime) -> "Bucket | None":
        """Return the bucket without `amount` at `now`, None when it does not hold as much.

        A clock that goes back fills nothing, and takes nothing back.
        """
        elapsed_s = max((now - self.at).total_seconds(), 0.0)
        held = min(self.held + elapsed_s * self.per_s, self.most)
        if held < amount:
            return None
        return Bucket(self.per_s, self.most, held - amount, max(self.at, now))


class Allowance(msgspec.Struct, frozen=True):
    """What is left to one stream: readings under its paper, bits under the bound of all streams."""

    readings: Bucket
    bits: Bucket


def full(rate_per_minute: int, now: datetime) -> Allowance:
    """Return the allowance of a stream that has said nothing yet.

    One reading more than the rate fits: a device's minute and ours do not begin together.
    """
    readings = Bucket(rate_per_minute / 60, rate_per_minute + 1, rate_per_minute + 1, now)
    bits = STREAM_BITS_PER_S * BUDGET_SPARE_S
    return Allowance(readings, Bucket(STREAM_BITS_PER_S, bits, bits, now))


def spend(left: Allowance, modality: Modality, now: datetime) -> Allowance | Refusal:
    """Take one reading out of the allowance, or say which bound it meets."""
    readings = left.readings.take(1, now)
    if readings is None:
        return Refusal(rule="rate_exceeded", owner="gate", facts={"per_minute": f"{left.readings.per_s * 60:.0f}"})
    bits = left.bits.take(modality.bits + ENVELOPE_BITS, now)
    if bits is None:
        return Refusal(rule="bit_budget_exceeded", owner="gate", facts={"bits_per_s": str(STREAM_BITS_PER_S)})
    return Allowance(readings, bits)
