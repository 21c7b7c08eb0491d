"""Drawings of a trial, inline, each with the same said in words: the sequential test, advice against what was seen."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from necmergitur.innovation import sequential
from necmergitur.innovation.metrics import Share, Told
from necmergitur.innovation.protocol import LEVEL_MAX, Protocol, TrialAdvised, TrialTruth

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 54, 620, 16, 180
POINTS_MAX = 2_000  # ours: more dots than pixels


def odds(told: Protocol, outcomes: Sequence[bool]) -> SafeString:
    """Draw the log odds after each judged alarm, between the two bounds where the test ends."""
    bounds = sequential.bounds_of(told.stop)
    walked = sequential.path(bounds, outcomes)[-POINTS_MAX:]
    top, low = max(bounds.bad, *walked) * 1.1, min(bounds.good, *walked) * 1.1
    last = max(len(walked) - 1, told.sample, 1)

    def x(at: float) -> float:
        return LEFT + (RIGHT - LEFT) * at / last

    def y(value: float) -> float:
        return TOP + (BOTTOM - TOP) * (top - value) / (top - low)

    line = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in enumerate(walked))
    bound_lines = format_html_join(
        "",
        '<path class="odds__bound odds__bound--{0}" d="M{1} {2}H{3}"/>'
        '<text class="odds__word" x="{1}" y="{4}" dx="4">{5}</text>',
        [
            (name, LEFT, f"{y(value):.1f}", RIGHT, f"{y(value) + shift:.1f}", word)
            for name, value, shift, word in (
                ("bad", bounds.bad, -5.0, _("stopped: too many false")),
                ("good", bounds.good, 14.0, _("passes: as good as promised")),
            )
        ],
    )
    return format_html(
        '<svg class="odds" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path class="odds__zero" d="M{} {}H{}"/>'
        '<polyline class="odds__line" points="{}"/><circle class="odds__now" cx="{}" cy="{}" r="5"/>'
        '<text class="odds__word" x="{}" y="{}" text-anchor="end">{}</text></svg>',
        WIDTH,
        HEIGHT,
        said(told, outcomes),
        bound_lines,
        LEFT,
        f"{y(0):.1f}",
        RIGHT,
        line,
        f"{x(len(walked) - 1):.1f}",
        f"{y(walked[-1]):.1f}",
        RIGHT,
        HEIGHT - 14,
        _("judged alarms →"),
    )


def said(told: Protocol, outcomes: Sequence[bool]) -> str:
    """Return where the sequential test stands, in words."""
    bounds = sequential.bounds_of(told.stop)
    says, after = sequential.verdict(bounds, outcomes, sample=told.sample)
    figures = {"n": len(outcomes), "false": sum(not one for one in outcomes), "after": after}
    if says == "bad":
        return _("%(n)d alarms judged, %(false)d of them false: beyond what is accepted after %(after)d.") % figures
    if says == "good":
        return _("%(n)d alarms judged, %(false)d of them false: as good as promised after %(after)d.") % figures
    return _("%(n)d alarms judged, %(false)d of them false: undecided.") % figures


def shares(rows: Sequence[tuple[str, Share]]) -> SafeString:
    """Draw shares with their intervals, one line each; the table beside says the same."""
    known = [(name, share) for name, share in rows if share.value is not None]
    height = 26 * len(known) + 34

    def x(value: float | None) -> str:
        return f"{200 + 400 * (value or 0.0):.1f}"

    lines = format_html_join(
        "",
        '<text class="odds__word" x="0" y="{1}">{0}</text><path class="share__whole" d="M200 {2}H600"/>'
        '<path class="share__span" d="M{3} {2}H{4}"/><circle class="share__dot" cx="{5}" cy="{2}" r="5"/>',
        [
            (name, 26 * at + 24, 26 * at + 20, x(share.low), x(share.high), x(share.value))
            for at, (name, share) in enumerate(known)
        ],
    )
    ticks = format_html_join(
        "",
        '<text class="odds__word" x="{}" y="{}" text-anchor="middle">{}</text>',
        [(x(share), height - 4, f"{share:.0%}") for share in (0.0, 0.5, 1.0)],
    )
    label = _("Shares with their intervals: the table says the same")
    return format_html(
        '<svg class="odds" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        WIDTH,
        height,
        label,
        lines,
        ticks,
    )


def evening(told: Protocol, facts: Sequence[Told], since: datetime, until: datetime) -> SafeString:
    """Draw each advice by its level over time, above what observers saw (bands) and saw not (lines)."""
    length = max((until - since).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return LEFT + (RIGHT - LEFT) * min(max((at - since).total_seconds() / length, 0.0), 1.0)

    def y(level: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * level / LEVEL_MAX

    notes = [one.event for one in facts if isinstance(one.event, TrialTruth)]
    bands = format_html_join(
        "",
        '<rect class="seen seen--{}" x="{}" y="{}" width="{}" height="{}"/>',
        [
            (
                "there" if note.present else "not",
                f"{x(note.since):.1f}",
                TOP if note.present else BOTTOM + 4,
                f"{max(x(note.until) - x(note.since), 2.0):.1f}",
                BOTTOM - TOP if note.present else 6,
            )
            for note in notes
        ],
    )
    heard = [one.event for one in facts if isinstance(one.event, TrialAdvised)][-POINTS_MAX:]
    dots = format_html_join(
        "",
        '<circle class="advice advice--{}" cx="{}" cy="{}" r="3"/>',
        [
            ("alarm" if one.level >= told.alarm_level else "calm", f"{x(one.at):.1f}", f"{y(one.level):.1f}")
            for one in heard
        ],
    )
    levels = format_html_join(
        "",
        '<text class="odds__word" x="{}" y="{}" text-anchor="end">{}</text>',
        [(LEFT - 8, f"{y(level) + 4:.1f}", level) for level in range(LEVEL_MAX + 1)],
    )
    label = _("%(advice)d advice over time, against %(seen)d notes of what was seen") % {
        "advice": len(heard),
        "seen": len(notes),
    }
    return format_html(
        '<svg class="odds" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}'
        '<path class="odds__bound" d="M{} {}H{}"/>{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        bands,
        levels,
        LEFT,
        f"{y(told.alarm_level):.1f}",
        RIGHT,
        dots,
    )
