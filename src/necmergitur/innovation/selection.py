"""When applications to a call are read, and when one may be decided.

Reviewers read once the call is closed, so that nobody is read by fewer than others; nobody decides while they read, so
that no mark follows a decision; and what was decided is read by nobody any more.
"""

from datetime import datetime

import msgspec

from necmergitur.kernel.refusal import Refusal


class Reading(msgspec.Struct, frozen=True):
    """How far reviewers are. `until`: when the reading ends; None: once every mark is given.

    `invited`: how many reviewers there are, whatever they were asked.
    """

    closes_at: datetime
    until: datetime | None
    asked: int
    done: int
    invited: int


def is_over(reading: Reading, now: datetime) -> bool:
    """Return whether the marks may be looked at."""
    given = reading.asked > 0 and reading.done >= reading.asked
    return given or (reading.until is not None and now >= reading.until)


def may_read(reading: Reading, now: datetime, *, decided: bool) -> Refusal | None:
    """Return why no application may be given to reviewers, or marked, now."""
    if now < reading.closes_at:
        return Refusal(rule="call_still_open")
    if decided:
        return Refusal(rule="application_decided")
    if reading.until is not None and now >= reading.until:
        return Refusal(rule="reading_over")
    return None


def may_decide(reading: Reading, now: datetime) -> Refusal | None:
    """Return why nothing of this call may be decided now. Without a reviewer the desk decides alone."""
    if reading.asked and not is_over(reading, now):
        return Refusal(rule="reviews_under_way", facts={"left": str(reading.asked - reading.done)})
    if reading.invited and not reading.asked and not is_over(reading, now):
        return Refusal(rule="reviewers_wait")
    return None
