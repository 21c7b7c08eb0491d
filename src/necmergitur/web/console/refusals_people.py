"""Refusals of the people desk and of open doors' desk, in words: [what happened, what to do now]."""

from typing import Any

from django.utils.translation import gettext_lazy as _

DESK: dict[str, tuple[Any, Any]] = {
    "desk_not_yours": (_("Family liaison, a room lead or a duty officer does this."), ""),
    "desk_quota": (
        _("You have looked as often as an hour allows."),
        _("Ask a second person for more, with your reason, or wait."),
    ),
    "search_empty": (_("Say whom you look for."), ""),
    "record_gone": (_("This record is not there any more."), _("Search again.")),
    "allowance_decided": (_("This was already decided, or an hour has passed."), ""),
    "oversee_two_people": (
        _("Nobody oversees themselves."),
        _("Another lead, duty officer or the data protection officer does."),
    ),
    "list_too_long": (_("This list is too long."), _("At most 5,000 people and 2 MB: send it in parts.")),
    "list_unreadable": (
        _("This file could not be read as a list."),
        _("Save it as CSV, or start from the empty sheet."),
    ),
    "list_without_names": (
        _("This list has no column of numbers, or none of names."),
        _("Start from the empty sheet: number, family name, given name."),
    ),
    "hospital_missing": (_("Say whose list it is."), ""),
    "record_not_taken": (_("This person is not taken in."), ""),
    "record_of_others": (_("Somebody else brought this record in, and alone changes it."), ""),
    "record_nameless": (_("There is no name."), ""),
    "person_unknown": (_("There is no such person."), ""),
    "allowance_two_people": (_("You asked for this yourself."), _("Another lead or duty officer must agree.")),
    "finder_away": (_("Names cannot be looked for at the moment."), _("Try again in a few seconds.")),
    "call_not_of_page": (_("This call did not come from the page “I’m safe”."), ""),
    "call_without_words": (
        _("What this person wrote is not there any more."),
        _("They erased it, or their crisis is over. Go by the call alone."),
    ),
    "record_unnumbered": (_("There is no number by which it is known again."), ""),
    "record_date": (_("A date in it is none."), ""),
    "record_ahead": (_("It is dated more than a day ahead."), ""),
    "record_expired": (_("It has expired."), ""),
    "record_ours": (_("It speaks for us, and does not come from us."), ""),
    "note_of_nobody": (_("It says of nobody in particular."), ""),
    "note_status_unknown": (_("It says a state that is not known here."), ""),
    "pfif_forbidden": (_("This file asks for what no list may: entities, or other files."), _("Save it as CSV.")),
    "pfif_too_long": (_("This file is too long."), _("Send it in parts.")),
    "pfif_unreadable": (_("This file could not be read as PFIF."), _("Save it as CSV, or start from the empty sheet.")),
    "notice_unknown": (_("This record is not there any more."), _("Search again.")),
    "notice_not_yours": (_("Family liaison, a room lead or a duty officer does this."), ""),
    "note_unknown": (_("This note is not there any more."), _("Read again.")),
    "notes_too_many": (_("Too much was written here already."), ""),
    "not_to_be_found": (_("This person must not be found: nothing shows them."), ""),
    "tie_to_itself": (_("A record is not its own duplicate."), ""),
    "words_missing": (_("Write something first."), ""),
    "death_not_yours": (_("Family liaison, a room lead or a duty officer says that somebody died."), ""),
    "death_not_said": (_("Nobody said that this person died."), ""),
    "death_agreed": (_("A second person has confirmed it already."), ""),
    "death_two_people": (_("You wrote it yourself."), _("Somebody else confirms it.")),
    "death_not_agreed": (_("A second person has not confirmed it yet."), _("The family is told afterwards.")),
    "closed_kind_unknown": (_("Choose what is closed: a danger, or an order to stay indoors."), ""),
    "closed_radius_out_of_range": (_("This radius is out of range."), ""),
    "level_out_of_range": (_("Choose one of the levels."), ""),
    "shelter_kind_unknown": (_("Choose what kind of shelter it is."), ""),
}
