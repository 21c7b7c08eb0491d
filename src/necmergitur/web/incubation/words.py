"""Words of the incubation."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.phases import Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.programme import words as programme

PHASES: dict[str, tuple[str, Any]] = {
    Phase.INVESTIGATION: ("ours", pgettext_lazy("phase", "Investigation")),
    Phase.CONSTRUCTION: ("ours", pgettext_lazy("phase", "Construction")),
    Phase.ACCELERATION: ("ours", pgettext_lazy("phase", "Acceleration")),
    Phase.TRANSFER: ("ours", pgettext_lazy("phase", "Transfer")),
    Phase.PERENNIAL: ("ours", pgettext_lazy("phase", "Stands on its own")),
    Phase.STOPPED: ("neutral", pgettext_lazy("phase", "Stopped after investigation")),
    Phase.ABANDONED: ("neutral", pgettext_lazy("phase", "Given up")),
    Phase.EXCLUDED: ("neutral", pgettext_lazy("phase", "Excluded")),
}
# What a call is to whoever would apply, by why it takes no application.
CALLS: dict[str, tuple[str, Any]] = {
    "": ("ours", _("Open call")),
    "call_early": ("neutral", _("Call to come")),
    "call_full": ("neutral", _("Full call")),
    "call_closed": ("neutral", _("Closed call")),
    "call_read": ("neutral", _("Closed call")),
}
REFUSALS: dict[str, Any] = {
    "phase_does_not_follow": _("This phase does not follow from where the project stands."),
    "reason_missing": _("Say why, in ten characters at least: whoever comes next will want to know."),
    "grant_spent": _("The grant does not hold so much any more."),
    "payment_taken_back": _("This payment was taken back already."),
    "paid_ahead": _("This day is to come: a payment is written down once it was made."),
    "line_spent": _("More than was promised cannot be paid."),
    "amount_out_of_range": _("An amount is more than nothing."),
    "application_decided": _("This application was decided already."),
    "call_full": _("Every place of this call is given: it takes no more applications."),
    "call_settled": _(
        "Applications of this call were given to reviewers, or decided: what it says stands. Only its places change."
    ),
    "closing_past": _("It closes later than now. To end it at once, close it now."),
    "places_given": _("%(given)s places of this call are given already: it cannot have fewer."),
    "call_early": _("This call is not open yet."),
    "call_closed": _("This call is closed."),
    "call_read": _("Reviewers read the applications of this call already: it takes no more."),
    "call_still_open": _("Applications are read once the call is closed, all by as many."),
    "reading_over": _("The reading is over."),
    "reviews_under_way": _("Reviewers still read: %(left)s reviews are missing. Nothing is decided before."),
    "reading_late": _("Applications of this call are being decided: nobody is asked to read any more."),
    "reviewers_wait": _(
        "Reviewers were invited, and none was given anything to read yet. Nothing is decided before, unless the call's"
        " selection says that the desk decides without them."
    ),
    "nobody_applied": _("Nobody applied, or everything is decided."),
    "reviewers_undeclared": _(
        "Not yet said whom they know: %(who)s. Nothing is given to anybody before. Take back the invitation of"
        " whoever never answers."
    ),
    "jurors_too_few": _("An application would have too few reviewers who know nobody there. Invite another one."),
    "reviews_out_of_range": _("One to nine reviews for each application."),
    "review_conflict": _("You know somebody there, so you do not read it. Somebody else does."),
    "review_done": _("You gave these marks. They stand."),
    "helper_known": _("Somebody with this e-mail was added already. They have one link."),
    "marks_missing": _("Give a mark for each line."),
    "marks_out_of_range": _("Marks go from 0 to 10."),
    "application_not_blind": _("Reviewers read without names. Take out what tells who you are: %(told)s"),
    "applications_many": _(
        "As many applications came from your network as may within ten minutes. What you wrote stays here: it can be"
        " sent from %(at)s on."
    ),
    "application_known": _(
        "Your organisation applied to this call with this project already: its application counts, this one was not"
        " kept. Whoever sent it has the address of its page."
    ),
    "slot_taken": _("Somebody else was faster, or the mentor took this half hour back."),
    "project_over": _("This project is over: nothing more is planned, promised or booked for it."),
    "slot_past": _("This half hour is over."),
    "mentor_full": _("This mentor accompanies as many projects as they can. Choose another one."),
    "hour_elsewhere": _("Your project is elsewhere in this half hour."),
    "hours_many": _("Your project has six half hours to come: that is as many as it may hold."),
    "hours_out_of_range": _(
        "Hours begin at the hour or at half past, in the future, twelve half hours at a time at most."
    ),
    "address_known": _(
        "One address applies once to a call. If you applied before, the address of your page was shown then; the"
        " programme's team can tell you where you stand."
    ),
}
# The same, told to the desk that decides.
AT_DESK: dict[str, Any] = {
    "call_full": _("Every place of this call is given. It can only be told that it was not chosen."),
}
# The same, told to whoever writes in what companies sent some other way.
WRITTEN_IN: dict[str, Any] = {
    "application_not_blind": _("Reviewers read without names. Take out what tells who applies: %(told)s"),
    "application_known": _("This organisation applied to this call with this project already."),
    "address_known": _("This address applied to this call already."),
    "call_gone": _("This call is no longer there."),
}
WHY: dict[str, Any] = {
    "own": pgettext_lazy("review", "their own application"),
    "organisation": pgettext_lazy("review", "same organisation"),
    "known": pgettext_lazy("review", "knows somebody there"),
    "declared": pgettext_lazy("review", "recognised it"),
}


def sentence(refusal: Refusal, *, at_desk: bool = False) -> str:
    """Return a refusal in plain words; `at_desk`: as whoever decides there needs it."""
    text = (AT_DESK if at_desk else {}).get(refusal.rule) or REFUSALS.get(refusal.rule)
    if text is None:
        return str(programme.sentence(refusal))
    return str(text) % refusal.facts if refusal.facts else str(text)
