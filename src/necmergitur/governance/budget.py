"""What a stream may say in a time: so many readings, and so many bits, whatever its paper allows.

A detection stream that says less than speech can be written with cannot carry speech. It is a bound, not a proof:
what little passes may still be misused, which the closed types and the purposes are for.
"""

from datetime import datetime

import msgspec

from necmergitur.governance.constants import BUDGET_SPARE_S, ENVELOPE_BITS, STREAM_BITS_PER_S
from necmergitur.governance.modalities import Modality
from necmergitur.kernel.refusal import Refusal


class Allowance(msgspec.Struct, frozen=True):
    """What is left to one stream at `at_s`: readings under its paper, bits under the bound of all streams.

    Both are buckets that fill with time. Seconds are since 1970.
    """

    rate_per_minute: int
    readings: float
    bits: float
    at_s: float


def full(rate_per_minute: int, now: datetime) -> Allowance:
    """Return the allowance of a stream that has said nothing yet.

    One reading more than the rate fits: a device's minute and ours do not begin together.
    """
    return Allowance(rate_per_minute, rate_per_minute + 1, STREAM_BITS_PER_S * BUDGET_SPARE_S, now.timestamp())


def spend(left: Allowance, modality: Modality, now: datetime) -> Allowance | Refusal:
    """Take one reading out of the allowance, or say which bound it meets.

    A clock that goes back fills nothing, and takes nothing back.
    """
    now_s = now.timestamp()
    elapsed_s = now_s - left.at_s
    if elapsed_s < 0:
        now_s, elapsed_s = left.at_s, 0.0
    rate = left.rate_per_minute
    readings = min(left.readings + elapsed_s * rate / 60, rate + 1) - 1
    if readings < 0:
        return Refusal(rule="rate_exceeded", owner="gate", facts={"per_minute": str(rate)})
    most = STREAM_BITS_PER_S * BUDGET_SPARE_S
    bits = min(left.bits + elapsed_s * STREAM_BITS_PER_S, most) - (modality.bits + ENVELOPE_BITS)
    if bits < 0:
        return Refusal(rule="bit_budget_exceeded", owner="gate", facts={"bits_per_s": str(STREAM_BITS_PER_S)})
    return Allowance(rate, readings, bits, now_s)
