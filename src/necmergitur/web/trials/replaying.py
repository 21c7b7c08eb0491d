"""Evenings played again: asked for on an experiment's desk page, played by the worker, kept with the experiment."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.innovation import candidates, protocol, replay, sandbox
from necmergitur.innovation.candidates import Candidate, Evening, NotAnEvening
from necmergitur.innovation.metrics import figures
from necmergitur.innovation.recorded import recorded
from necmergitur.operations.trial_store import facts_of
from necmergitur.web.accounts.rules import require
from necmergitur.web.facts.models import Trial
from necmergitur.web.programme import pages, rights
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import CLOCK, store
from necmergitur.web.trials import plot, showing, words
from necmergitur.web.trials.models import Replay

BYTES_MAX = 200_000  # ours: two days of minutes and four vendors
KEPT_SHOWN = 50
AGAIN_AFTER = timedelta(minutes=5)  # ours: a worker that stopped in the middle
STEPS = 10  # how often progress is told
ASKS_S = 3  # ours: how often a page that waits asks again
NAMES: dict[str, Any] = {
    "threshold": _("Plain threshold on the count"),
    "trend": _("Plain trend of the count"),
    "column:1": _("First column of the file, or first key of the trial"),
    "column:2": _("Second column of the file, or second key of the trial"),
}
WHY: dict[str, Any] = {
    "line_no_count": _("Line %(number)s of the file is no count."),
    "line_no_levels": _("Line %(number)s of the file is no count with a level for each vendor."),
    "level_out_of_range": _("Line %(number)s of the file: a level is from 0 to 3."),
    "headings": _("A heading for each vendor, each once, at most four."),
    "minutes": _("An evening has from one minute to two days."),
    "span": _("“%(text)s” is no span of minutes."),
    "spans_too_many": _("At most 200 spans of minutes."),
    "no_file": _("Choose a file of at most 200 kB."),
    "no_text": _("This file is no text: a CSV is."),
    "nothing_said": _("The keys of this trial have said nothing yet."),
    "no_counts": _("No key of this trial counts people: compare what its keys advised."),
    "no_column": _("The file has no column %(number)s of levels."),
}


PEOPLE_MAX = 10_000_000  # ours: no place holds a city


class ReplayForm(forms.Form):
    """Which evening, what was seen in it, and which two candidates."""

    name = forms.CharField(label=pgettext_lazy("replay", "Name of the evening"), max_length=80)
    evening = forms.ChoiceField(label=pgettext_lazy("replay", "Evening"))
    file = forms.FileField(
        label=pgettext_lazy("replay", "File (CSV)"),
        help_text=_("minute,count a line; with a head, a column of levels (0 to 3) for each vendor's own advice."),
        required=False,
    )
    seen = forms.CharField(
        label=_("Minutes in which it was too full"),
        help_text=_("As 12-18, 40-44. Left empty for a simulated evening, it is known."),
        required=False,
        max_length=2_000,
    )
    capacity = forms.IntegerField(
        label=_("How many people the place holds"), required=False, min_value=1, max_value=PEOPLE_MAX
    )
    tolerance_s = forms.IntegerField(label=words.FIELDS["tolerance_s"], min_value=0, max_value=3600, initial=120)
    first = forms.ChoiceField(label=_("One candidate"), choices=tuple(NAMES.items()), initial="threshold")
    second = forms.ChoiceField(label=_("The other"), choices=tuple(NAMES.items()), initial="trend")

    def __init__(self, *args: Any, of: Experiment, **options: Any) -> None:
        """Offer a file, this trial's own evening, simulated ones, and evenings kept before."""
        self._of = of
        super().__init__(*args, **options)
        kept = [(f"kept:{one.pk}", one.name) for one in Replay.objects.all()[:KEPT_SHOWN]]
        places = [(f"sim:{name}", _("Simulated: %(place)s") % {"place": name}) for name in sandbox.PLACES]
        self.fields["evening"].choices = [
            ("file", _("The file below")),
            ("own", _("This trial's own evening, from the record")),
            *places,
            *kept,
        ]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read the evening, so that whoever sent it learns at once what is wrong with it."""
        said: dict[str, Any] = super().clean() or {}
        if "evening" not in said or "first" not in said or "second" not in said:
            return said
        said |= {"counts": [], "columns": {}}
        try:
            evening, holds, spans = self._evening(said)
            spans = candidates.read_spans(said.get("seen", "")) or spans
            names = [_name(said[one], evening) for one in ("first", "second")]
        except NotAnEvening as error:
            raise forms.ValidationError(WHY[error.rule], params=error.facts) from error
        if names[0] == names[1]:
            raise forms.ValidationError(_("Compare two different candidates."))
        if not spans:
            self.add_error("seen", _("Say when it was too full: without it nothing can be judged."))
        if not (said.get("capacity") or holds):
            self.add_error("capacity", _("Say how many people the place holds."))
        read = {"counts": evening.counts, "columns": evening.columns, "seen": spans, "first": names[0]}
        return said | read | {"second": names[1], "capacity": said.get("capacity") or holds}

    def _evening(self, said: dict[str, Any]) -> tuple[Evening, int, list[tuple[int, int]]]:
        kind, _at, which = said["evening"].partition(":")
        if kind == "own":
            return self._own(said)
        if kind == "sim":
            return candidates.simulated(which)
        if kind == "kept":
            kept = Replay.objects.get(pk=which)
            return Evening(kept.counts, kept.columns), kept.capacity, [(first, last) for first, last in kept.seen]
        sent = said.get("file")
        if sent is None or sent.size > BYTES_MAX:
            raise NotAnEvening("no_file")
        try:
            text = sent.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise NotAnEvening("no_text") from error
        return candidates.read_evening(text), 0, []

    def _own(self, said: dict[str, Any]) -> tuple[Evening, int, list[tuple[int, int]]]:
        """Return what this trial's keys said, as it was heard. Raises NotAnEvening."""
        row = Trial.objects.filter(id=self._of.pk).first()
        if row is None:
            raise NotAnEvening("nothing_said")
        found = recorded(protocol.read(row.protocol), facts_of(store(), self._of.pk))
        if not found[1] and not all(said[one].startswith("column:") for one in ("first", "second")):
            raise NotAnEvening("no_counts")
        return found[0], found[1] or 1, found[2]


def _name(chosen: str, evening: Evening) -> str:
    """Return a candidate's name: one of ours, or a column's heading. Raises NotAnEvening."""
    if not chosen.startswith("column:"):
        return chosen
    headings, place = list(evening.columns), int(chosen.removeprefix("column:"))
    if place > len(headings):
        raise NotAnEvening("no_column", number=place)
    return f"={headings[place - 1]}"


@require(rights.may_read)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def all_of(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The evenings of an experiment, and another one."""
    row, may = get_object_or_404(Experiment, pk=pk), request.method == "POST" and rights.may_run(request.user)
    form = ReplayForm(request.POST, request.FILES, of=row) if may else ReplayForm(of=row)
    if may and form.is_valid():
        said = form.cleaned_data
        fields = ("name", "counts", "columns", "seen", "capacity", "tolerance_s", "first", "second")
        made = Replay.objects.create(
            id=store().ids.new(), experiment=row, asked_at=CLOCK.now(), **{name: said[name] for name in fields}
        )
        return redirect("trials:replay", pk, made.pk)
    context = {"one": row, "form": form, "rows": row.replays.all()[:KEPT_SHOWN]}
    return pages.show(request, "trials/desk/replays.html", context, tab="trials", status=422 if form.is_bound else 200)


@require(rights.may_read)
@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID, replay_id: UUID) -> HttpResponse:
    """One evening: how far it is, then both candidates on the same events."""
    found = get_object_or_404(Replay.objects.select_related("experiment"), pk=replay_id, experiment=pk)
    waits = found.state in (Replay.State.WAITING, Replay.State.RUNNING)
    context = {"one": found, "waits": waits, "rows": [] if waits else shown(found)}
    response = pages.show(request, "trials/desk/replay.html", context, tab="trials")
    if waits:
        response["Refresh"] = str(ASKS_S)
    return response


def called(name: str) -> str:
    """Return a candidate's name for people."""
    return name.removeprefix("=") if name.startswith("=") else str(NAMES[name])


def shown(found: Replay) -> list[dict[str, Any]]:
    """Return each candidate's figures and drawing."""
    spans = [(first, last) for first, last in found.seen]
    rows = []
    for name, (asked, told) in replay.played(found.levels, spans, tolerance_s=found.tolerance_s).items():
        total = figures(asked, told, asked.ends).total
        rows.append(
            {
                "name": called(name),
                "of": total,
                "precision": showing.share(total.precision),
                "recall": showing.share(total.recall),
                "false_per_hour": _or_dash(total.false_alarms_per_hour),
                "p50": _or_dash(total.delay_p50_s),
                "p95": _or_dash(total.delay_p95_s),
                "evening": plot.evening(asked, told, asked.starts, asked.ends),
            }
        )
    return rows


def _or_dash(value: float | None) -> str:
    return "–" if value is None else showing.number(value)


def play_due(now: datetime) -> int:
    """Play the evenings that wait, one after the other; return how many."""
    played = 0
    while (found := _take(now)) is not None:
        _play(found)
        played += 1
    return played


def _take(now: datetime) -> Replay | None:
    left = Q(state=Replay.State.WAITING) | Q(state=Replay.State.RUNNING, begun_at__lt=now - AGAIN_AFTER)
    with transaction.atomic():
        found = Replay.objects.filter(left).order_by("asked_at").select_for_update(skip_locked=True).first()
        if found is not None:
            found.state, found.begun_at, found.progress = Replay.State.RUNNING, now, 0
            found.save(update_fields=["state", "begun_at", "progress"])
    return found


def _play(found: Replay) -> None:
    """Have both candidates advise minute by minute, as each would have: from what was counted until then."""
    counts = found.counts
    levels: dict[str, list[int]] = {found.first: [], found.second: []}
    step = max(1, len(counts) // STEPS)
    try:
        for minute in range(len(counts)):
            for name, said in levels.items():
                if name.startswith("="):
                    said.append(found.columns[name.removeprefix("=")][minute])
                else:
                    said.append(candidates.advise(cast(Candidate, name), counts[: minute + 1], found.capacity).level)
            if minute % step == 0:
                Replay.objects.filter(pk=found.pk).update(progress=100 * minute // len(counts))
    except (KeyError, IndexError, ValueError, ArithmeticError):
        Replay.objects.filter(pk=found.pk).update(state=Replay.State.FAILED)
        return
    Replay.objects.filter(pk=found.pk).update(state=Replay.State.DONE, progress=100, levels=levels)
