"""Words of experiments for people: figures, sources, reasons, refusals."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.protocol import JUDGED_EACH, JUDGED_ONCE, JUDGED_STOOD, Source
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.programme import words as programme
from necmergitur.web.trust.signing import words as trust

USES: dict[str, Any] = {
    "density": pgettext_lazy("use", "How full a place is"),
    "movement": pgettext_lazy("use", "How a crowd moves"),
    "waiting": pgettext_lazy("use", "How long people wait"),
}
MODES: dict[str, Any] = {
    "shadow": _("Shadow: scored, and shown to nobody in the control room"),
    "live": _("Live: the control room sees it too"),
}
METRICS: dict[str, Any] = {
    "precision": _("Alarms that were right (share)"),
    "recall": _("What was there and told of (share)"),
    "false_alarms_per_hour": _("False alarms per operator-hour"),
    "delay_p95_s": _("Delay, 95 of 100 times (seconds)"),
    "cost_eur": _("Cost to the city (euros)"),
    "complaints": pgettext_lazy("experiment", "Complaints"),
}
METRICS_SHORT: dict[str, Any] = {
    "precision": pgettext_lazy("share", "Right alarms"),
    "recall": pgettext_lazy("share", "Told of"),
}
SEEN: dict[str, Any] = {
    "counted_by_hand": _("Counted by hand"),
    "steward": _("A steward on the spot"),
    "patrol": pgettext_lazy("seen by", "A patrol"),
    "call_for_help": _("A call for help"),
    "pictures_reviewed": _("Pictures looked at afterwards"),
    "control_room": _("Said by the control room, of an advice it was shown"),
}
LEVELS: dict[int, Any] = {
    0: pgettext_lazy("level", "nothing to do"),
    1: pgettext_lazy("level", "keep an eye on it"),
    2: pgettext_lazy("level", "get ready"),
    3: pgettext_lazy("level", "act now"),
}
COMPLAINTS: dict[str, Any] = {
    "false_alarm": _("A false alarm"),
    "privacy": _("Privacy"),
    "nuisance": pgettext_lazy("complaint", "Noise, light, nuisance"),
    "access": pgettext_lazy("complaint", "A way that was blocked"),
    "other": pgettext_lazy("complaint", "Something else"),
}
COSTS: dict[str, Any] = {
    "licence": pgettext_lazy("cost", "Licence"),
    "equipment": pgettext_lazy("cost", "Equipment"),
    "staff": pgettext_lazy("cost", "Staff"),
    "energy": pgettext_lazy("cost", "Energy"),
    "other": pgettext_lazy("cost", "Other"),
}
WHY: dict[str, Any] = {
    "too_many_false_alarms": _("Stopped by its protocol: too many of its alarms were false."),
    "as_good_as_promised": _("Ended by its protocol: enough alarms were judged, and it is as good as was promised."),
    "complaints": _("Stopped by its protocol: there were too many complaints."),
    "window_over": _("Its time was over."),
    "paper_ended": _("A paper of its keys was revoked, suspended or over."),
    "by_hand": _("Stopped by hand."),
}
EXITS: dict[str, Any] = {
    "stop": pgettext_lazy("exit", "Stop: it is not pursued"),
    "extend": pgettext_lazy("exit", "Extend: another trial under another protocol"),
    "adopt": pgettext_lazy("exit", "Adopt: the city takes it into service"),
    "open": pgettext_lazy("exit", "Open to all: everybody may use what was found"),
}
# How many alarms an event makes right, by the rule a protocol was fixed under.
JUDGED: dict[int, Any] = {
    JUDGED_EACH: pgettext_lazy("experiment", "every one"),
    JUDGED_ONCE: pgettext_lazy("experiment", "one; a further one is a repeat, neither right nor false"),
    JUDGED_STOOD: pgettext_lazy(
        "experiment",
        "one that begins within the tolerance of it; a further one is a repeat, neither right nor false; one that began"
        " earlier and still stands tells of nothing, and the event is counted apart",
    ),
}
OUTCOMES: dict[str, Any] = {
    "hold": ("ours", pgettext_lazy("hypotheses", "Every goal was reached")),
    "fail": ("serious", pgettext_lazy("hypotheses", "A goal was missed")),
    "unknown": ("attention", pgettext_lazy("hypotheses", "Not everything could be measured")),
}
COUNTED = _("%(use)s, counted: an alarm from %(full)s people")
# What a vendor's key says, by the modality it is enrolled with.
SPEAKS = {"advice": _("advises"), "crowd_count": _("counts")}
FIELDS: dict[str, Any] = {
    "title": _("Title"),
    "hypotheses": pgettext_lazy("experiment", "Hypotheses"),
    "goals": pgettext_lazy("experiment", "Figures it is judged by"),
    "sources": _("Keys of the vendor"),
    "full": _("Count from which it is an alarm"),
    "mode": pgettext_lazy("experiment", "Mode"),
    "starts": _("From when"),
    "ends": _("Until when"),
    "midterm": _("Mid-term report"),
    "alarm_level": _("Level from which an advice is an alarm"),
    "tolerance_s": _("Tolerance (seconds)"),
    "operators": _("People it would disturb"),
    "sample": _("Alarms to judge before it can pass"),
    "stop": _("Rules that stop it"),
    "judging": _("Alarms that one event seen can make right"),
    "chain": pgettext_lazy("chain", "Number"),
    "id": pgettext_lazy("chain", "Number"),
}
RULES: dict[str, Any] = {
    "trial_protocol_fixed": _("The protocol is fixed: it never changes. That somebody wanted to is on record."),
    "trial_not_frozen": _("There is no fixed protocol that waits to begin."),
    "trial_mode_unmeasured": _(
        "What is shown in the control room was measured in shadow first: fix the report of a trial in shadow of this"
        " solution, for the same use."
    ),
    "trial_over": _("The time of this protocol is over."),
    "trial_assessment_missing": _(
        "No impact assessment in force covers this key of the vendor: the data protection officer writes one first."
    ),
    "trial_paper_missing": _("No signed paper in force opens this key of the vendor."),
    "trial_paper_of_another_protocol": _("The signed paper does not name the hash of this protocol."),
    "trial_paper_too_long": _("The signed paper lasts longer than the protocol: the key must die with the trial."),
    "trial_paper_elsewhere": _("The signed paper opens zones that are no site of this protocol."),
    "trial_paper_unread": _("The signed paper must name the innovation analyst among its readers."),
    "trial_paper_not_shadow": _("In shadow, nobody of the control room may be a reader of the signed paper."),
    "trial_advice_gone": _("This advice is no longer here. Nothing was noted."),
    "trial_advice_no_alarm": _("This advice is no alarm, so there is nothing to say of it. Nothing was noted."),
    "trial_not_running": _("This trial is not running."),
    "trial_note_unknown": _("This is no note and no complaint, or it was taken back already."),
    "trial_judging_unknown": _("A new protocol lets one event seen make one alarm right."),
    "trial_not_stopped": _("This trial has not stopped, or was reported already."),
    "trial_not_reported": _("Report first; and an exit is said once."),
    "trial_reason_missing": _("Say why, in ten characters or more."),
    "trial_reason_too_long": _("A reason is a sentence or two."),
    "trial_source_unknown": _(
        "No device of this name is enrolled as a vendor's key that says this: advice, or a count."
    ),
    "trial_full_out_of_range": _("From one person to 100,000."),
    "trial_source_elsewhere": _("This key stands in another zone."),
    "trial_truth_elsewhere": _("This is no use or site of the protocol."),
    "trial_truth_not_yet": _("It ends before it begins, or lies ahead."),
    "trial_truth_outside": _("It lies outside the time of the protocol."),
    "trial_cost_out_of_range": _("A cost is more than nothing and less than ten million euros."),
    "trial_title_missing": _("Give it a title."),
    "trial_hypotheses_missing": _("Say at least one hypothesis."),
    "trial_hypotheses_too_many": _("At most twelve hypotheses."),
    "trial_hypotheses_too_long": _("A hypothesis is a sentence or two."),
    "trial_goals_missing": _("Say at least one figure it is judged by."),
    "trial_goals_out_of_range": _("A share lies above 0 and is at most 1: write 70 in a hundred as 0.7."),
    "trial_goals_twice": _("Each figure once."),
    "trial_sources_missing": _("Name at least one key of the vendor, and at most twenty."),
    "trial_sources_twice": _("Each key once."),
    "trial_ends_before_start": _("It ends before it starts."),
    "trial_starts_past": _("It must start after its protocol is fixed."),
    "trial_midterm_outside": _("It lies between the start and the end."),
    "trial_ends_too_late": _("At most a year: then people decide again."),
    "trial_alarm_level_out_of_range": _("From 1 to 3."),
    "trial_tolerance_s_out_of_range": _("From nothing to an hour."),
    "trial_operators_out_of_range": _("From one person to a thousand."),
    "trial_sample_out_of_range": _("At least one alarm."),
    "trial_bad_not_above_good": _(
        "The share nobody would accept must lie above the one promised, both within 1 and 99."
    ),
    "trial_alpha_out_of_range": _("From 1 to 49 in a hundred."),
    "trial_complaints_negative": _("No less than nothing."),
}
# Where a refusal of the protocol is shown in its form.
BESIDE = {
    "trial_bad_not_above_good": "bad",
    "trial_alpha_out_of_range": "alpha",
    "trial_source_unknown": "sources",
    "trial_source_elsewhere": "sources",
    "trial_starts_past": "starts",
    "trial_ends_before_start": "ends",
    "trial_ends_too_late": "ends",
    "trial_midterm_outside": "midterm",
    "trial_complaints_negative": "complaints",
    "trial_mode_unmeasured": "mode",
}
# Where a refusal of what is noted is shown in the form it was typed in.
NOTE_BESIDE = {
    "trial_truth_elsewhere": "place",
    "trial_truth_not_yet": "until",
    "trial_truth_outside": "since",
    "trial_cost_out_of_range": "euros",
}


def of_source(source: Source) -> str:
    """Return what a key tells of, in words."""
    use = str(USES[source.use])
    if not source.full:
        return use
    return str(COUNTED) % {"use": use, "full": number_format(source.full)}


def field_of(rule: str) -> str:
    """Return which field of the protocol's form a refusal is about, "" when about none."""
    if rule in BESIDE:
        return BESIDE[rule]
    for end in ("_missing", "_too_many", "_too_long", "_twice", "_out_of_range"):
        if rule.endswith(end):
            return rule.removeprefix("trial_").removesuffix(end)
    return ""


def sentence(refusal: Refusal) -> Any:
    """Return a refusal in plain words."""
    if refusal.rule in RULES or refusal.rule in programme.REFUSALS:
        return RULES.get(refusal.rule) or programme.sentence(refusal)
    return trust.explain(refusal)  # what stands against a paper
