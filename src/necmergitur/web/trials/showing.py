"""What pages show of a trial: everything computed from the record, at this moment, by whoever looks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.core.paginator import Paginator
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from necmergitur.innovation import metrics, protocol, sequential
from necmergitur.innovation.judging import Told
from necmergitur.innovation.metrics import Row
from necmergitur.innovation.protocol import (
    Protocol,
    TrialAdvised,
    TrialBegun,
    TrialChangeRefused,
    TrialComplaint,
    TrialComplaintWithdrawn,
    TrialCost,
    TrialCounted,
    TrialExit,
    TrialMidterm,
    TrialProtocol,
    TrialReported,
    TrialStopped,
    TrialTruth,
    TrialTruthWithdrawn,
)
from necmergitur.web.facts.models import Trial, Zone
from necmergitur.web.portal.templatetags.nec import said
from necmergitur.web.programme.models import Experiment
from necmergitur.web.register import history, refusals
from necmergitur.web.trials import kept, plot, words
from necmergitur.web.trials.kept import Made

FACTS_SHOWN = 50  # ours: of a page; figures are computed from all
OF_ALARMS = frozenset({"precision", "recall", "false_alarms_per_hour", "delay_p95_s"})
_WITHDRAWN = (TrialTruthWithdrawn, TrialComplaintWithdrawn)
NOTES_SHOWN = 200  # ours: the newest, of which one may be taken back


class Line(msgspec.Struct, frozen=True):
    """One fact of a trial, in words, with its number in the record."""

    seq: int
    at: datetime
    said: str


def zones(told: Protocol) -> dict[str, str]:
    """Return the names of the sites."""
    return dict(Zone.objects.filter(id__in=told.sites).values_list("id", "label"))


def written(told: Protocol) -> dict[str, Any]:
    """Return a protocol in words."""
    names = zones(told)
    return {
        "hypotheses": told.hypotheses,
        "goals": [(words.METRICS[one.metric], _at(one.metric, one.value)) for one in told.goals],
        "sources": [(one.sensor_id, words.of_source(one), names.get(one.zone_id, one.zone_id)) for one in told.sources],
        "mode": words.MODES[told.mode],
        "starts": told.starts,
        "ends": told.ends,
        "pairs": [
            (words.FIELDS["alarm_level"], told.alarm_level),
            (words.FIELDS["tolerance_s"], told.tolerance_s),
            (words.FIELDS["operators"], told.operators),
            (words.FIELDS["sample"], told.sample),
            (words.FIELDS["judging"], words.JUDGED[told.judging]),
            (_("False alarms promised (in a hundred)"), told.stop.good),
            (_("False alarms nobody would accept (in a hundred)"), told.stop.bad),
            (_("How often a good one may be stopped by chance (in a hundred)"), told.stop.alpha),
            (_("How often a bad one may pass by chance (in a hundred)"), told.stop.beta),
            (_("Complaints that stop it"), told.stop.complaints or "–"),
        ],
    }


def _at(metric: str, value: float) -> str:
    least = (
        pgettext("goal", "at most %(value)s") if metric in metrics.AT_MOST else pgettext("goal", "at least %(value)s")
    )
    return least % {"value": number(value)}


def report(told: Protocol, made: Made) -> dict[str, Any]:
    """Return a report as tables and drawings, in the reader's language."""
    figures = made.figures
    too_few = few(told, figures)
    holds = "unknown" if too_few and figures.outcome == "hold" else figures.outcome
    # Before its window nothing is reached; what was noted then may well be too much already.
    may_hold = figures.began_at is not None and figures.until > told.starts
    names = zones(told)
    rows = [_row(row, words.USES[row.use], names.get(row.zone_id, row.zone_id)) for row in figures.rows]
    rows.append(_row(figures.total, _("Together"), ""))
    shares = [
        (f"{words.METRICS_SHORT[name]} · {row['site'] or row['use']}", getattr(row["of"], name))
        for row in rows
        for name in ("precision", "recall")
    ]
    return {
        "figures": figures,
        "rows": rows,
        "goals": [
            {
                "name": words.METRICS[one.metric],
                "goal": _at(one.metric, one.goal),
                "value": "–" if one.value is None else number(one.value),
                "state": _state(one, may_hold=may_hold, is_few=bool(too_few)),
            }
            for one in figures.goals
        ],
        "outcome": words.OUTCOMES[holds if may_hold or holds == "fail" else "unknown"],
        "few": too_few,
        "costs": [(words.COSTS[name], number(cents / 100, 2)) for name, cents in figures.costs],
        "cost": number(figures.cost_cents / 100, 2),
        "hours": number(figures.operator_hours),
        "digest": made.digest,
        "is_stood_counted": told.judging >= protocol.JUDGED_STOOD,
        "is_judged_once": told.judging >= protocol.JUDGED_ONCE,
        "odds": plot.odds(told, figures.outcomes),
        "odds_said": plot.said(told, figures.outcomes),
        "shares": plot.shares(shares) if any(share.value is not None for _name, share in shares) else None,
        "evening": plot.evening(told, made.drawn, *_shown(told, figures)),
        "at": made.at,
        "seq": made.seq,
        "recorded": made.recorded,
    }


def _state(one: metrics.Met, *, may_hold: bool, is_few: bool) -> tuple[str, Any]:
    """Return in what state a goal is. What too few alarms tell is not reached; missed is missed."""
    if one.holds is False:
        return ("serious", _("missed"))
    if one.holds is None or not may_hold:
        return ("attention", _("not measured"))
    if is_few and one.metric in OF_ALARMS:
        return ("attention", pgettext("goal", "too few alarms"))
    return ("ours", _("reached"))


def few(told: Protocol, figures: metrics.Figures) -> str:
    """Say that fewer alarms were judged than the protocol asks for, unless they were enough to call it a failure."""
    judged = len(figures.outcomes)
    says, _after = sequential.verdict(sequential.bounds_of(told.stop), figures.outcomes, sample=told.sample)
    if figures.began_at is None or judged >= told.sample or says == "bad":
        return ""
    asked = _("Alarms judged: %(n)s of the %(of)s that the protocol asks for before it can pass. Too few to conclude.")
    return asked % {"n": number(judged), "of": number(told.sample)}


def _shown(told: Protocol, figures: metrics.Figures) -> tuple[datetime, datetime]:
    """Return from when to when a trial is drawn: as the protocol says it until it has begun."""
    if figures.began_at is None or figures.until <= figures.began_at:
        return told.starts, told.ends
    return figures.began_at, figures.until


def _row(row: Row, use: Any, site: str) -> dict[str, Any]:
    return {
        "of": row,
        "use": use,
        "site": site,
        "precision": share(row.precision),
        "recall": share(row.recall),
        "false_per_hour": "–" if row.false_alarms_per_hour is None else number(row.false_alarms_per_hour),
        "p50": "–" if row.delay_p50_s is None else number(row.delay_p50_s),
        "p95": "–" if row.delay_p95_s is None else number(row.delay_p95_s),
    }


def share(found: metrics.Share) -> str:
    """Return a share with its interval, as people read it."""
    if found.value is None or found.low is None or found.high is None:
        return "–"
    value, low, high = (plot.percent(one) for one in (found.value, found.low, found.high))
    return f"{found.hits}/{found.of} = {value} ({low}–{high})"


def number(value: float, places: int | None = None) -> str:
    """Return a number as the reader's language writes it: whole where it is, else with two places."""
    if places is None:
        places = 0 if value == round(value) else 1 if value == round(value, 1) else 2
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)


def lines(page: Iterable[tuple[int, Told]], told: Protocol, pk: UUID) -> list[Line]:
    """Return a page's facts in words."""
    page, names = list(page), zones(told)
    back = [one.event.version for _seq, one in page if isinstance(one.event, _WITHDRAWN)]
    noted = kept.versions(pk, back) if back else {}
    return [Line(seq, one.at, _taken_back(one, noted, names) or _said(one, names)) for seq, one in page]


def _taken_back(one: Told, noted: dict[int, Told], names: dict[str, str]) -> str:
    """Return which note was taken back and why, in words; "" for any other fact."""
    if not isinstance(one.event, _WITHDRAWN):
        return ""
    note = noted[one.event.version]
    return _("A note was taken back (%(note)s): %(reason)s") % {"note": _said(note, names), "reason": one.event.reason}


def notes(noted: Sequence[tuple[int, kept.Note]], told: Protocol) -> list[tuple[str, str]]:
    """Return the notes and complaints that stand, the newest first: the version in the stream, and what it says."""
    names = zones(told)
    return [(str(version), _offered(note, names)) for version, note in reversed(noted[-NOTES_SHOWN:])]


def _offered(note: kept.Note, names: dict[str, str]) -> str:
    """Return a note as a list offers it: what tells it from the next stands first, where a narrow page cuts nothing."""
    if not isinstance(note, TrialTruth):
        return f"{localtime(note.at):%H:%M:%S} · {_complained(note, names)} · {_day(note.at)}"
    since, until = localtime(note.since), localtime(note.until)
    times = dict.fromkeys(f"{one:%H:%M:%S}" for one in (since, until))
    when = " – ".join(times) if since.date() == until.date() else _span(since, until)
    place = f"{names.get(note.zone_id, note.zone_id)} · {words.USES[note.use]} · {words.SEEN[note.seen]}"
    return f"{when} · {_whether(note)} · {place} · {_day(since)}"


def _day(at: datetime) -> str:
    return date_format(localtime(at), "SHORT_DATE_FORMAT")


def _moment(at: datetime) -> str:
    """Return a moment to the second: two notes within a minute are two."""
    return f"{_day(at)} {localtime(at):%H:%M:%S}"


def _span(since: datetime, until: datetime) -> str:
    """Return from when to when, to the second; the day is said once where it is one."""
    begins, ends = localtime(since), localtime(until)
    if begins.replace(microsecond=0) == ends.replace(microsecond=0):
        return _moment(since)
    return f"{_moment(since)} – {f'{ends:%H:%M:%S}' if begins.date() == ends.date() else _moment(until)}"


def _said(one: Told, names: dict[str, str]) -> str:  # noqa: C901, PLR0911 -- one sentence for each kind
    event = one.event
    if isinstance(event, TrialProtocol):
        return _("The protocol was fixed: %(digest)s") % {"digest": event.digest}
    if isinstance(event, TrialChangeRefused):
        fields = ", ".join(dict.fromkeys(str(words.FIELDS[name]) for name in event.fields))
        return _("A change of the protocol was refused: %(fields)s") % {"fields": fields}
    if isinstance(event, TrialBegun):
        return _("It began, under signed papers that name the protocol.")
    if isinstance(event, TrialAdvised):
        return _("Advice of %(sensor)s: level %(level)d") % {"sensor": event.sensor_id, "level": event.level}
    if isinstance(event, TrialCounted):
        return _("Count of %(sensor)s: %(count)d people") % {"sensor": event.sensor_id, "count": event.count}
    if isinstance(event, TrialTruth):
        return _noted(event, names)
    if isinstance(event, TrialComplaint):
        return _complained(event, names)
    if isinstance(event, TrialCost):
        return _("Paid: %(euros)s € for %(what)s") % {
            "euros": number(event.cents / 100, 2),
            "what": words.COSTS[event.of],
        }
    if isinstance(event, TrialMidterm):
        return _("The mid-term report was made: %(digest)s") % {"digest": event.digest}
    if isinstance(event, TrialStopped):
        return _stopped(event)
    if isinstance(event, TrialReported):
        return _("The report was fixed: %(digest)s") % {"digest": event.digest}
    assert isinstance(event, TrialExit)
    return f"{words.EXITS[event.how]}. {event.reason}"


def _stopped(event: TrialStopped) -> str:
    """Return why a trial ended: its rule in words, and what was typed by whoever stopped it."""
    return f"{words.WHY[event.why]} {event.reason}".strip()


def _ended(row: Trial) -> str:
    """Return why a trial ended, as the record says it; "" while it has not."""
    said = [one.event for _seq, one in kept.read(kept.rows(row.id).filter(kind=TrialStopped.__name__))]
    return next((_stopped(event) for event in said if isinstance(event, TrialStopped)), "")


def _complained(event: TrialComplaint, names: dict[str, str]) -> str:
    about = _("A complaint: %(about)s") % {"about": words.COMPLAINTS[event.about]}
    return f"{about}, {names.get(event.zone_id, event.zone_id)}"


def _whether(event: TrialTruth) -> str:
    return _("It was there") if event.present else pgettext("seen", "It was not there")


def _noted(event: TrialTruth, names: dict[str, str]) -> str:
    where = f"{words.USES[event.use]}, {names.get(event.zone_id, event.zone_id)}"
    found = said(where, f"{_whether(event)} ({words.SEEN[event.seen]})")
    return f"{_span(event.since, event.until)} · {found}"


def refused(row: Trial, told: Protocol, now: datetime) -> dict[str, Any]:
    """Return what was refused: of the vendor's keys by the gate, and of the protocol by everybody.

    A key's refusals are this trial's from when its protocol was fixed, until the solution's next protocol is.
    """
    of_solution = Experiment.objects.filter(project__experiments__pk=row.id).values("pk")
    later = Trial.objects.filter(id__in=of_solution, frozen_at__gt=row.frozen_at).order_by("frozen_at").first()
    until = now if later is None else later.frozen_at
    return {
        "keys": [
            (source.sensor_id, rule, count)
            for source in told.sources
            for rule, count in refusals.of_stream(f"sensor:{source.sensor_id}", now, since=row.frozen_at, until=until)
        ],
        "changes": [
            (seq, one.at, ", ".join(dict.fromkeys(str(words.FIELDS[name]) for name in one.event.fields)))
            for seq, one in kept.read(kept.rows(row.id).filter(kind=TrialChangeRefused.__name__).order_by("version"))
            if isinstance(one.event, TrialChangeRefused)
        ],
    }


def whole(row: Trial, now: datetime, turned: str | None = None) -> dict[str, Any]:
    """Return everything of one trial that anybody may read; `turned` is the page of its facts, the newest first."""
    told = protocol.read(row.protocol)
    made = kept.both(row, told, now)
    page = Paginator(kept.rows(row.id).order_by("-version"), FACTS_SHOWN).get_page(turned)
    return {
        "trial": row,
        "told": told,
        "written": written(told),
        "report": report(told, made.report),
        "midterm": None if made.midterm is None else report(told, made.midterm),
        "midway": told.midway,
        "notes": notes(made.noted, told) if row.state == "running" else [],
        "lines": lines(kept.read(page), told, row.id),
        "facts_page": page,
        "is_turned": turned is not None,
        "count": page.paginator.count,
        "refused": refused(row, told, now),
        "protocol_seq": kept.rows(row.id).get(version=1)[0],
        "checkpoint": history.checkpoint(),
        "why": _ended(row),
        "how": words.EXITS.get(row.exit, ""),
        "is_fixed": row.state == "reported",
    }
