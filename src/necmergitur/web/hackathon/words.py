"""Words of hackathons for people: phases, criteria, refusals."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.innovation.editions import Phase
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.programme import words as programme

# The tone of a phase, as `{% state %}` knows it, and its word.
PHASES: dict[str, tuple[str, Any]] = {
    Phase.ANNOUNCED: ("neutral", pgettext_lazy("hackathon", "Announced")),
    Phase.REGISTRATION: ("ours", pgettext_lazy("hackathon", "Registration is open")),
    Phase.TEAMS: ("ours", pgettext_lazy("hackathon", "Teams form")),
    Phase.WORK: ("ours", pgettext_lazy("hackathon", "Teams work")),
    Phase.SUBMISSION: ("attention", pgettext_lazy("hackathon", "Teams hand in")),
    Phase.REVIEW: ("ours", pgettext_lazy("hackathon", "The jury reads")),
    Phase.RESULTS: ("resolved", pgettext_lazy("hackathon", "Results")),
}
CRITERIA: dict[str, Any] = {
    "need": _("It answers the need"),
    "measure": _("What it does can be measured"),
    "freedoms": _("It respects people’s freedoms and data"),
    "works": _("The demonstration works"),
    "trial": _("It could be tried at a real site"),
}
WHY: dict[str, Any] = {
    "own": pgettext_lazy("conflict", "their own work"),
    "organisation": pgettext_lazy("conflict", "same organisation"),
    "known": pgettext_lazy("conflict", "knows somebody in the team"),
    "declared": pgettext_lazy("conflict", "recognised it"),
    "mentored": pgettext_lazy("conflict", "helped the team as a mentor"),
}
REFUSALS: dict[str, Any] = {
    "edition_not_now": _("This is not the time for it. Look at the dates."),
    "edition_dates_out_of_order": _("Each phase must begin after the one before."),
    "edition_too_long": _("From the first registration to the results there is a year at most."),
    "edition_full": _("All places are taken."),
    "edition_no_themes": _("This hackathon has no challenge yet."),
    "team_size_out_of_range": _("A team has 2 to 8 people."),
    "table_unknown": _("There is no table %(number)s."),
    "table_unreadable": _("Say a table by its number."),
    "member_elsewhere": _("Somebody among them is in a team already."),
    "checked_in_already": _("This person was checked in already."),
    "submission_not_blind": _("The jury reads without names. Take out what tells who you are: %(told)s"),
    "nothing_handed_in": _("No team handed anything in."),
    "jurors_undeclared": _(
        "Not yet said whom they know: %(who)s. Without it no work is given to anybody. Take back the invitation of"
        " whoever never answers."
    ),
    "juror_undeclared": _("You have not yet said whom you know. Without it you mark nothing."),
    "jurors_too_few": _("A work would have too few jurors who know nobody in its team. Invite another juror."),
    "reviews_out_of_range": _("One to nine reviews for each work."),
    "review_conflict": _("You know somebody of this team, so you do not review it. Somebody else does."),
    "review_done": _("These marks were given. They stand."),
    "marks_missing": _("Give a mark for each line."),
    "marks_out_of_range": _("Marks go from 0 to 10."),
    "no_team": _("You are in no team yet."),
    "too_many_questions": _("Many questions in a few minutes. Wait a little."),
    "prize_given": _("This prize was given already."),
    "prize_used": _("An experiment was drafted because of this prize. It is not taken back any more."),
    "results_published": _("The results are published. They stay as everybody read them."),
    "nobody_waiting": _("Nobody waits for a team: everybody who counts is in one already."),
    "nobody_there": _("Nobody who is checked in waits for a team. Check people in, or form teams of all who applied."),
    "helper_known": _("Somebody with this e-mail was added already. They have one link, and one vote."),
    "edition_goes_back": _(
        "Marks were given. The dates may be moved forwards, but no longer so that the reading begins anew."
    ),
}


def sentence(refusal: Refusal) -> str:
    """Return a refusal in plain words."""
    text = REFUSALS.get(refusal.rule)
    if text is None:
        return str(programme.sentence(refusal))
    return str(text) % refusal.facts if "%(" in str(text) else str(text)


def phase(found: Phase) -> dict[str, Any]:
    """Return a phase with its tone."""
    tone, word = PHASES[found]
    return {"tone": tone, "word": word, "is": found.value}
