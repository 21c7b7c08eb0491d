"""What the control room sees of a trial in live mode: the newest advice of each key, until the window ends.

Of a trial in shadow there is nothing to see, whoever asks: that is decided here, before anything of it is looked up.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from necmergitur.innovation.constants import ALARM_GAP
from necmergitur.innovation.protocol import Heard, Protocol, Source, level_of
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal

SURE_FOR = ALARM_GAP  # a source that is silent for longer has let its alarm go (metrics.alarms), so its advice is old


class Standing(msgspec.Struct, frozen=True):
    """The newest word of one key, advice or count; `old` when nothing was said since for longer than it holds."""

    source: Source
    advised: Heard
    old: bool


def may_be_seen(trial: Trial, told: Protocol, now: datetime) -> bool:
    """Return whether the control room may see what a trial's vendor says now: in live mode, within its window."""
    return told.mode == "live" and trial.state == "running" and told.starts <= now < told.ends


def against_mark(told: Protocol, source: Source | None, heard: Heard | None, now: datetime) -> Refusal | None:
    """Return why nobody says now whether an advice was of use: it is gone, or it was no alarm.

    A key that says that nothing is there is of use because nothing was: a mark of it would note the opposite.
    """
    if source is None or heard is None or now - heard.at > SURE_FOR:
        return Refusal(rule="trial_advice_gone")
    return None if level_of(source, heard) >= told.alarm_level else Refusal(rule="trial_advice_no_alarm")


def standing(told: Protocol, advised: Iterable[Heard], now: datetime) -> list[Standing]:
    """Return the newest advice of each of the protocol's keys, in the keys' order."""
    newest: dict[str, Heard] = {}
    for one in advised:
        held = newest.get(one.sensor_id)
        if held is None or (one.at, one.boot_id, one.seq) > (held.at, held.boot_id, held.seq):
            newest[one.sensor_id] = one
    return [
        Standing(source, newest[source.sensor_id], now - newest[source.sensor_id].at > SURE_FOR)
        for source in told.sources
        if source.sensor_id in newest
    ]
