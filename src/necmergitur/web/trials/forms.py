"""Forms of experiments. What was typed is kept when something is to mend; nothing of the protocol is asked twice."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation import protocol
from necmergitur.innovation.constants import FULL_MAX, HYPOTHESES_MAX, REASON_MAX, TEXT_MAX
from necmergitur.innovation.protocol import Goal, Protocol, Source, Stop
from necmergitur.web.facts.models import Sensor
from necmergitur.web.programme.models import Experiment
from necmergitur.web.programme.money import Amount
from necmergitur.web.trials import words


def moment(label: Any, *, seconds: bool = False, **options: Any) -> forms.DateTimeField:
    """Return a field for an instant, to the minute, or to the second."""
    attrs = {"type": "datetime-local"} | ({"step": "1"} if seconds else {})
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(attrs=attrs, format=f"%Y-%m-%dT%H:%M{':%S' if seconds else ''}"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        **options,
    )


class BeginForm(forms.Form):
    """An experiment of a project."""

    title = forms.CharField(label=_("What is tried, and where"), max_length=160, min_length=5)


class ProtocolForm(forms.Form):
    """A protocol, before it is fixed for good."""

    hypotheses = forms.CharField(
        label=words.FIELDS["hypotheses"],
        help_text=_("One a line. What must turn out true for the solution to be worth it?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=HYPOTHESES_MAX * TEXT_MAX,
    )
    sources = forms.MultipleChoiceField(
        label=words.FIELDS["sources"],
        help_text=_("Devices enrolled for the vendor alone: each advises on one zone, or counts people in it."),
        widget=forms.CheckboxSelectMultiple,
    )
    full = forms.IntegerField(
        label=words.FIELDS["full"],
        help_text=_("Only for keys that count: the vendor says how many, and from here on it is an alarm."),
        min_value=1,
        max_value=FULL_MAX,
        required=False,
    )
    use = forms.ChoiceField(label=_("What it advises on"), choices=tuple(words.USES.items()))
    mode = forms.ChoiceField(
        label=words.FIELDS["mode"],
        choices=tuple(words.MODES.items()),
        help_text=_("Live only once a trial of the same solution in shadow was reported, for each of its uses."),
    )
    starts = moment(words.FIELDS["starts"])
    ends = moment(words.FIELDS["ends"])
    midterm = moment(words.FIELDS["midterm"], help_text=_("Left empty: half-way."), required=False)
    alarm_level = forms.IntegerField(label=words.FIELDS["alarm_level"], min_value=1, max_value=3, initial=2)
    tolerance_s = forms.IntegerField(
        label=words.FIELDS["tolerance_s"],
        help_text=_("An alarm is right when what it tells of was seen within this time."),
        min_value=0,
        max_value=3600,
        initial=120,
    )
    operators = forms.IntegerField(
        label=words.FIELDS["operators"],
        help_text=_("False alarms are counted per hour of each of them."),
        min_value=1,
        initial=1,
    )
    sample = forms.IntegerField(label=words.FIELDS["sample"], min_value=1, initial=20)
    good = forms.IntegerField(label=_("False alarms promised (in a hundred)"), min_value=1, max_value=98, initial=20)
    bad = forms.IntegerField(
        label=_("False alarms nobody would accept (in a hundred)"), min_value=2, max_value=99, initial=50
    )
    alpha = forms.IntegerField(
        label=_("How often a good one may be stopped by chance (in a hundred)"), min_value=1, max_value=49, initial=5
    )
    beta = forms.IntegerField(
        label=_("How often a bad one may pass by chance (in a hundred)"), min_value=1, max_value=49, initial=10
    )
    complaints = forms.IntegerField(
        label=_("Complaints that stop it"), help_text=_("0: none stops it."), min_value=0, initial=0
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """Offer the vendors' keys that are enrolled, and a goal for each figure."""
        super().__init__(*args, **options)
        found = Sensor.objects.filter(modality__in=words.SPEAKS, retired_at=None).select_related("zone")
        self.fields["sources"].choices = [  # type: ignore[attr-defined]
            (one.id, f"{one.id} · {one.label} · {one.zone.label} · {words.SPEAKS[one.modality]}")
            for one in found.order_by("modality", "id")
        ]
        for name, label in words.METRICS.items():
            is_share = name in protocol.SHARES
            told = _("At least; from 0 to 1: 0.7 is seven in ten") if is_share else _("At most")
            self.fields[f"goal_{name}"] = forms.FloatField(label=label, help_text=told, required=False, min_value=0)

    @property
    def goals(self) -> list[Any]:
        """The fields of the goals, for the page."""
        return [self[f"goal_{name}"] for name in words.METRICS]

    @property
    def others(self) -> list[Any]:
        """The other fields."""
        return [field for field in self if not field.name.startswith("goal_")]

    def clean(self) -> dict[str, Any]:
        """Ask of a key that counts from how many people on it is an alarm; of a share, that it can be reached."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        counting = Sensor.objects.filter(id__in=said.get("sources", ()), modality="crowd_count").exists()
        if counting and not said.get("full") and "full" not in self.errors:
            self.add_error("full", _("One of these keys counts: say from how many people on it is an alarm."))
        for name in protocol.METRICS:
            value = said.get(f"goal_{name}")
            if value is not None and not protocol.is_reachable(Goal(name, value)):
                self.add_error(f"goal_{name}", words.RULES["trial_goals_out_of_range"])
        return said

    def read(self, of: Experiment) -> Protocol:
        """Return the protocol as written."""
        said = self.cleaned_data
        keys = Sensor.objects.filter(id__in=said["sources"]).order_by("id").values_list("id", "zone_id", "modality")
        goals = [(name, said.get(f"goal_{name}")) for name in protocol.METRICS]
        return Protocol(
            id=UUID(str(of.pk)),
            chain=of.chain,
            title=of.title,
            hypotheses=tuple(line.strip() for line in said["hypotheses"].splitlines() if line.strip()),
            goals=tuple(Goal(name, float(value)) for name, value in goals if value is not None),
            sources=tuple(
                Source(key, said["use"], zone, said["full"] if says == "crowd_count" else 0) for key, zone, says in keys
            ),
            mode=said["mode"],
            starts=said["starts"],
            ends=said["ends"],
            midterm=said["midterm"],
            alarm_level=said["alarm_level"],
            tolerance_s=said["tolerance_s"],
            operators=said["operators"],
            sample=said["sample"],
            stop=Stop(**{name: said[name] for name in ("good", "bad", "alpha", "beta", "complaints")}),
        )


class TruthForm(forms.Form):
    """What an observer saw, or saw was not there."""

    place = forms.ChoiceField(label=pgettext_lazy("experiment", "Site"))
    since = moment(words.FIELDS["starts"], seconds=True)
    until = moment(words.FIELDS["ends"], seconds=True)
    present = forms.ChoiceField(
        label=_("What was seen"),
        choices=(
            ("yes", _("It was there")),
            ("no", _("It was not: the place was watched, and nothing of it was seen")),
        ),
    )
    seen = forms.ChoiceField(
        label=_("How it is known"), choices=[one for one in words.SEEN.items() if one[0] != "control_room"]
    )

    def __init__(self, *args: Any, places: Any = (), **options: Any) -> None:
        """`places`: the uses and sites of the protocol, as offered."""
        super().__init__(*args, **options)
        self.fields["place"].choices = places  # type: ignore[attr-defined]


def within(told: Protocol, now: datetime) -> datetime:
    """Return the whole second nearest to now within the time of a protocol: of what is seen, where its form begins."""
    starts = told.starts.replace(microsecond=0)
    first = starts if starts == told.starts else starts + timedelta(seconds=1)
    return min(max(now.replace(microsecond=0), first), max(told.ends.replace(microsecond=0), first))


class ComplaintForm(forms.Form):
    """That somebody complained, and about what: never who."""

    about = forms.ChoiceField(label=_("About what"), choices=tuple(words.COMPLAINTS.items()))
    zone = forms.ChoiceField(label=pgettext_lazy("experiment", "Site"))

    def __init__(self, *args: Any, zones: Any = (), **options: Any) -> None:
        """`zones`: the sites of the protocol."""
        super().__init__(*args, **options)
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]


class CostForm(forms.Form):
    """What it cost the city."""

    of = forms.ChoiceField(label=_("For what"), choices=tuple(words.COSTS.items()))
    euros = Amount(label=_("Euros"), min_value=0, max_digits=10, decimal_places=2)


class StopForm(forms.Form):
    """Why a trial is stopped by hand."""

    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Everybody reads it. Name no person. Ten characters or more."),
        min_length=10,
        max_length=REASON_MAX,
    )


class WithdrawForm(StopForm):
    """Which note of what was seen, or which complaint, was a mistake, and why."""

    note = forms.ChoiceField(label=_("Which note or complaint"))
    sure = forms.BooleanField(label=_("It was a mistake: it counts no more, and cannot be put back"))
    field_order = ("note", "reason", "sure")

    def __init__(self, *args: Any, notes: Any = (), **options: Any) -> None:
        """`notes`: those that stand, as offered."""
        super().__init__(*args, **options)
        self.fields["note"].choices = notes  # type: ignore[attr-defined]


class ExitForm(StopForm):
    """How it ends for the city, and why."""

    how = forms.ChoiceField(label=pgettext_lazy("exit", "Choose"), choices=tuple(words.EXITS.items()))
    field_order = ("how", "reason")
