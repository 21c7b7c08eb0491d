"""Drawings of a trial, each with the same said in words: the sequential test, advice against what was seen.

They are shapes: its page draws them inline, its paper as vectors, both from one series.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from django.utils import timezone
from django.utils.translation import gettext as _

from necmergitur.innovation import sequential
from necmergitur.innovation.judging import Told, standing
from necmergitur.innovation.metrics import Share
from necmergitur.innovation.protocol import HEARD, LEVEL_MAX, Protocol, level_of
from necmergitur.web.papers.drawings import Box, Dot, Drawing, Line, Shape, Word, drawing

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 244, 54, 620, 40, 204
SHARE_TALL, SHARE_LEFT = 40, 16
LETTER = 7.0  # of a word at 13 px, on average
POINTS_MAX = 2_000  # ours: more dots than pixels


def odds(told: Protocol, outcomes: Sequence[bool]) -> Drawing:
    """Draw the log odds after each judged alarm, between the two bounds where the test ends."""
    bounds = sequential.bounds_of(told.stop)
    walked = sequential.path(bounds, outcomes)[-POINTS_MAX:]
    top, low = max(bounds.bad, *walked) * 1.1, min(bounds.good, *walked) * 1.1
    last = max(len(walked) - 1, told.sample, 1)

    def x(at: float) -> float:
        return LEFT + (RIGHT - LEFT) * at / last

    def y(value: float) -> float:
        return TOP + (BOTTOM - TOP) * (top - value) / (top - low)

    shapes: list[Shape] = []
    line = tuple((x(at), y(value)) for at, value in enumerate(walked))
    for value, shift, word in (
        (bounds.bad, -5.0, _("stopped: too many false")),
        (bounds.good, 14.0, _("passes: as good as promised")),
    ):
        shapes.append(Line("odds__bound", ((LEFT, y(value)), (RIGHT, y(value)))))
        shapes.append(_beside(line, y(value) + shift, word))
    shapes += [
        Line("odds__zero", ((LEFT, y(0)), (RIGHT, y(0)))),
        Line("odds__line", line),
        Dot("odds__now", (x(len(walked) - 1), y(walked[-1])), 5),
        Word((0, 13), _("↑ log odds that too many are false")),
        Word((LEFT - 8, y(0) + 4), "0", "end"),
        *(Word((x(at), HEIGHT - 14), str(at), "middle") for at in (0, last // 2)),
        Word((RIGHT, HEIGHT - 14), _("%(n)d judged alarms →") % {"n": last}, "end"),
    ]
    return drawing(said(told, outcomes), WIDTH, HEIGHT, shapes)


def _beside(line: Sequence[tuple[float, float]], y: float, word: str) -> Word:
    """Return a word at the left of a height, or at its right where the line would run through it."""
    wide = LETTER * len(word)
    crossed = any(
        min(one[0], two[0]) < LEFT + wide and min(one[1], two[1]) < y + 4 and max(one[1], two[1]) > y - 12
        for one, two in pairwise(line)
    )
    return Word((RIGHT - 4, y), word, "end") if crossed else Word((LEFT + 4, y), word)


def said(told: Protocol, outcomes: Sequence[bool]) -> str:
    """Return where the sequential test stands, in words."""
    bounds = sequential.bounds_of(told.stop)
    says, after = sequential.verdict(bounds, outcomes, sample=told.sample)
    figures = {"n": len(outcomes), "false": sum(not one for one in outcomes), "after": after}
    if says == "bad":
        return _("Alarms judged: %(n)d, false: %(false)d. Beyond what is accepted after %(after)d.") % figures
    if says == "good":
        return _("Alarms judged: %(n)d, false: %(false)d. As good as promised after %(after)d.") % figures
    return _("Alarms judged: %(n)d, false: %(false)d. Undecided.") % figures


def percent(share: float) -> str:
    """Return a share as the reader's language writes it."""
    return _("%(n)s%%") % {"n": f"{share * 100:.0f}"}


def shares(rows: Sequence[tuple[str, Share]]) -> Drawing:
    """Draw shares with their intervals, one line each; the table beside says the same."""
    known = [(name, share) for name, share in rows if share.value is not None]
    height = SHARE_TALL * len(known) + 24

    def x(value: float | None) -> float:
        return SHARE_LEFT + (RIGHT - SHARE_LEFT) * (value or 0.0)

    shapes: list[Shape] = []
    for at, (name, share) in enumerate(known):
        y = SHARE_TALL * at + 30  # the name stands above its line: it may be long
        shapes += [
            Word((SHARE_LEFT, y - 12), name),
            Line("share__whole", ((SHARE_LEFT, y), (RIGHT, y))),
            Line("share__span", ((x(share.low), y), (x(share.high), y))),
            Dot("share__dot", (x(share.value), y), 5),
        ]
    shapes += [Word((x(share), height - 4), percent(share), "middle") for share in (0.0, 0.5, 1.0)]
    return drawing(_("Shares with their intervals: the table says the same"), WIDTH, height, shapes)


def evening(told: Protocol, facts: Sequence[Told], since: datetime, until: datetime) -> Drawing:
    """Draw each advice by its level over time, above what observers saw (bands) and saw not (lines)."""
    days = "" if timezone.localtime(since).date() == timezone.localtime(until).date() else "%d.%m. "
    length = max((until - since).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * min(max((at - since).total_seconds() / length, 0.0), 1.0)

    def y(level: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * level / LEVEL_MAX

    notes = [note for _place, note in standing(facts)]
    of = {source.sensor_id: source for source in told.sources}
    said = [one.event for one in facts if isinstance(one.event, HEARD) and one.event.sensor_id in of][-POINTS_MAX:]
    heard = [(one.at, level_of(of[one.sensor_id], one)) for one in said]
    shapes: list[Shape] = [
        Box(
            "seen--there" if note.present else "seen--not",
            (x(note.since), TOP if note.present else BOTTOM + 4),
            max(x(note.until) - x(note.since), 2.0),
            BOTTOM - TOP if note.present else 6,
        )
        for note in notes
    ]
    shapes += [Word((LEFT - 8, y(level) + 4), str(level), "end") for level in range(LEVEL_MAX + 1)]
    shapes.append(Line("odds__bound", ((LEFT, y(told.alarm_level)), (RIGHT, y(told.alarm_level)))))
    shapes += [
        Dot("advice advice--alarm" if level >= told.alarm_level else "advice", (x(at), y(level)), 3)
        for at, level in heard
    ]
    shapes.append(Word((0, 13), _("↑ level")))
    shapes += [
        Word((at, HEIGHT - 14), f"{timezone.localtime(when):{days}%H:%M:%S}", anchor)
        for at, when, anchor in ((LEFT, since, "start"), (RIGHT, until, "end"))
    ]
    shapes.append(Word(((LEFT + RIGHT) / 2, HEIGHT - 14), _("bands: seen too full; boxes: seen not so →"), "middle"))
    label = _("%(advice)d advice over time, against %(seen)d notes of what was seen") % {
        "advice": len(heard),
        "seen": len(notes),
    }
    return drawing(label, WIDTH, HEIGHT, shapes)
