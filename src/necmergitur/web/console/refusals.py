"""A refusal in words: what rule, whose, until when, and what to do now.

Operations return `kernel.refusal.Refusal`; an incident keeps "rule key=value key=value" as its reason.
Both become an `Explained`. A rule nobody translated shows its English detail: never nothing.
"""

import re
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import people
from necmergitur.web.console.refusals_people import DESK
from necmergitur.web.console.words import DRONE, GROUNDED, MODALITIES, PURPOSES, RUNGS, say

# rule: (what happened, what to do now)
RULES: dict[str, tuple[Any, Any]] = {
    # open doors
    "shelter_unknown": (_("This shelter does not exist."), ""),
    "shelter_name_missing": (_("Write the shelter's name."), ""),
    "shelter_address_missing": (_("Write the shelter's address."), ""),
    "shelter_places_out_of_range": (_("No more can be taken than there are places."), ""),
    "closed_area_unknown": (_("This area is not closed."), ""),
    "reference_unknown": (_("No offer that stands has this reference."), _("Have it read to you again.")),
    "ban_unknown": (_("This number is not kept out any more."), _("Go back to the list.")),
    "case_unknown": (_("This case is closed, or never was."), _("Go back to the list.")),
    "outcome_missing": (_("Choose what came of it."), ""),
    # incidents
    "incident_unknown": (_("This incident does not exist."), _("Go back to the queue.")),
    "incident_not_open": (_("This incident is over."), _("Reopen it if it was not over.")),
    "already_climbed": (_("Somebody has already done this."), _("Nothing to do: read who has it.")),
    "outcome_unknown": (_("Choose how it ended."), ""),
    "not_closed": (_("This incident is not closed."), ""),
    "not_merged": (_("This incident is not merged."), ""),
    "same_incident": (_("This is the same incident."), _("Choose another one.")),
    "two_people": (_("Two people called: each keeps an incident."), _("Handle both; note that they are linked.")),
    "test_and_real": (_("A test never mixes with a real call."), ""),
    "merge_the_other_way": (
        _("The drone flies for this incident."),
        _("Open the other incident and merge it into this one."),
    ),
    "nothing_to_split": (_("No signal was chosen."), _("Tick the signals that belong elsewhere.")),
    "nothing_left": (_("An incident keeps at least one signal."), _("Leave at least one unticked.")),
    "proposal_unknown": (_("This proposal does not exist."), ""),
    "proposal_decided": (_("This proposal was already decided."), ""),
    "note_kind_unknown": (_("This kind of note does not exist."), ""),
    "note_empty": (_("Write something first."), ""),
    "note_too_long": (_("This text is too long."), _("Keep it under 2,000 characters.")),
    "service_unknown": (_("Choose a service."), ""),
    # drones
    "test_never_flies": (_("A test runs to the decision, never to a flight."), ""),
    "drone_already": (_("A drone is already on this incident."), ""),
    "no_drone": (_("No drone can take this flight now."), _("Send people. The search goes on by itself.")),
    "drone_soon": (_("The best drone is not free yet."), _("Send people. It is offered as soon as it is free.")),
    "no_pilot": (_("No pilot is free."), _("Ask a pilot to start a shift or to resume. The search goes on by itself.")),
    "no_pilot_answered": (
        _("No pilot answered."),
        _("Call a pilot. The search goes on by itself."),
    ),
    "no_geozones": (
        _("The airspace zones were never read: no flight."),
        _("A technician imports them (nec city geozones). Send people meanwhile."),
    ),
    "geozones_stale": (_("The airspace zones are too old: no flight."), _("A technician reads them again.")),
    "geozones_unreadable": (_("No airspace zone could be read: no flight."), _("A technician reads them again.")),
    "geozones_not_yet_valid": (_("The airspace zones are not yet in force."), _("A technician reads current ones.")),
    "geozone_unplaced": (_("An airspace zone has no readable place."), _("A technician mends the file.")),
    "geozones_empty": (_("The airspace zones are empty: no flight."), _("A technician reads them again.")),
    "route_crosses_geozone": (
        _("The way crosses a closed airspace zone."),
        _("Send people. A lead may authorise the zone."),
    ),
    "no_authorisation": (
        _("No authorisation covers this flight."),
        _("Send people. A lead may grant an authorisation."),
    ),
    "authorisation_revoked": (_("The authorisation was revoked."), _("Send people. A lead may grant another.")),
    "authorisation_suspended": (
        _("The impact assessment behind the authorisation no longer holds."),
        _("Send people. The data protection officer assesses the change, or a lead enters another authorisation."),
    ),
    "authorisation_expired": (_("The authorisation is over."), _("Send people. A lead may grant another.")),
    "authorisation_not_yet": (_("The authorisation has not begun."), _("Send people until it begins.")),
    "gate_table_stale": (
        _("The authorisations could not be read just now."),
        _("Try again in a second. If it lasts, call a technician."),
    ),
    "place_unknown": (
        _("Nobody knows where this call is."),
        _("Call back, then say where it is: the search begins at once. Send people."),
    ),
    "place_unread": (
        _("This place was not understood."),
        _("Latitude and longitude, or the number of a street button or of a zone."),
    ),
    "outside_territory": (_("The call is outside the territory: no drone flies there."), _("Send people.")),
    "call_taken_back": (_("The caller took the call back."), _("Call back, then close.")),
    "drone_unknown": (_("This drone does not exist."), ""),
    # missions
    "mission_unknown": (_("This mission does not exist."), ""),
    "offer_gone": (_("The offer has passed to somebody else."), _("Wait for the next one.")),
    "offered_to_another": (_("This offer is not yours."), ""),
    "offer_expired": (_("The offer is over."), _("Wait for the next one.")),
    "not_flying": (_("The drone is not flying."), ""),
    "not_accepted": (_("A drone lifts only on a pilot's acceptance."), ""),
    "pilot_unknown": (_("Choose a pilot."), ""),
    "not_your_mission": (_("Another pilot flies this mission."), _("Ask them, or take over.")),
    "already_yours": (_("This mission is already yours."), ""),
    "not_lifted_yet": (
        _("It has not lifted off yet: whoever lifts off has said yes themselves."),
        _("Return it: the flight is then offered to a colleague."),
    ),
    "called_back": (_("The drone was called back."), ""),
    "too_many_notices": (_("Too many helicopters are announced at once."), _("End one that is over first.")),
    "coming_home": (_("The drone was called home."), _("It can only return or land now.")),
    "not_in_dock": (_("The drone does not stand in its dock."), _("A technician brings it back to its dock.")),
    "never_lifted": (_("The drone did not lift off in time."), _("The search goes on by itself.")),
    "ceiling_out_of_range": (
        _("A ceiling lies between 40 and 120 m above ground."),
        _("Lower is between houses; higher is not allowed by (EU) 2019/947."),
    ),
    "transit_out_of_range": (_("The height of the way lies between 40 m and the ceiling."), ""),
    "command_refused": (_("The drone refused."), _("Hold, return or land.")),
    "command_timeout": (_("The drone did not answer."), _("Try again; it returns by itself when the link is lost.")),
    "link_lost": (_("The link to the drone is lost."), _("It returns by itself. Send people.")),
    "helicopter_in_area": (_("A helicopter is announced here."), _("The drone waits low or lands. Send people.")),
    # pilots
    "not_on_shift": (_("You are not on shift."), _("Start a shift first.")),
    "pilot_paused": (_("Your offers are paused."), _("Resume first.")),
    "pilot_not_qualified": (_("Your qualification is missing or over."), _("A lead records it.")),
    "pilot_shift_over": (_("Your shift is over."), _("Start a new one.")),
    "pilot_busy": (_("You already fly as many drones as you may."), ""),
    "shift_length": (_("A shift lasts from 5 minutes to 12 hours."), ""),
    "shift_load": (_("One to four drones at once."), ""),
    "shift_running": (_("A shift is already running."), _("End it first.")),
    "mission_in_hand": (_("A mission is in your hands."), _("Hand it over or end it first.")),
    "qualification_past": (_("This date is past."), ""),
    "already_signed": (_("This handover is already signed."), ""),
    "own_handover": (_("You wrote this handover."), _("The person who takes over signs it.")),
    # observations, responders
    "observation_empty": (_("Tick a box or write a sentence."), ""),
    "observation_contradicts": (_("Nothing seen, and something seen: choose."), ""),
    "count_out_of_range": (_("This number of people is not possible."), ""),
    "still_too_large": (_("The picture is too large."), _("At most 8 MB.")),
    "still_unreadable": (_("This file is not a picture we can read."), _("Send a JPEG or a PNG.")),
    "still_unknown": (_("This picture does not exist."), ""),
    "picture_off_scene": (_("The drone is not on scene: there is no picture."), ""),
    "picture_not_authorised": (
        _("No authorisation covers the picture."),
        _("A lead may authorise the camera. Until then the pilot says what there is to see."),
    ),
    "not_told": (_("You were not told of this call, or you were released from it."), _("Ask the control room.")),
    "camera_silent": (_("The camera does not answer."), _("Try again.")),
    "still_expired": (_("This picture has expired and was erased."), ""),
    "still_erased": (_("This picture was erased."), ""),
    "unit_missing": (_("Say which unit."), ""),
    "responder_state_unknown": (_("This answer does not exist."), ""),
    # devices
    "reason_missing": (_("Say why."), ""),
    "no_holder": (_("A street button has no holder."), ""),
    "holder_unknown": (_("No holder is recorded for this button."), ""),
    "test_window_length": (_("A test starts from now on and lasts at most 8 hours."), ""),
    "notice_length": (_("A notice lasts at most two hours."), _("Announce it again after.")),
    "radius_out_of_range": (_("The radius is at most 5,000 m."), _("Beyond that, ground the fleet.")),
    # authorisations
    "authorisation_unknown": (_("This authorisation does not exist."), ""),
    "already_revoked": (_("It is already revoked."), ""),
    "standing_is_not_revoked": (_("A call for help is never refused: this one cannot end."), ""),
    "standing_is_not_granted": (_("Standing authorisations come with the law, not with a form."), ""),
    "label_missing": (_("Give it a name."), ""),
    "purpose_missing": (_("Say what for."), ""),
    "legal_basis_missing": (_("Say by which law or decision."), ""),
    "holder_missing": (_("Say who may."), ""),
    "modality_missing": (_("Say what it opens."), ""),
    "label_too_long": (_("The name is too long."), ""),
    "purpose_too_long": (_("The purpose is too long."), ""),
    "legal_basis_too_long": (_("The legal basis is too long."), ""),
    "holder_too_long": (_("The holder is too long."), ""),
    "valid_until_missing": (_("An authorisation has an end."), ""),
    "valid_until_before_start": (_("It ends before it starts."), ""),
    "valid_until_past": (_("It would already be over."), ""),
    "zones_empty": (_("Choose zones, or the whole territory."), ""),
    "subject_in_open_incident": (
        _("A call of this person is still open: it may be their life."),
        _("Erase once the call is closed."),
    ),
    # rights of persons
    "right_answered": (_("This request was already answered."), ""),
    "right_extended_already": (_("The deadline was already extended."), _("Three months is the longest.")),
    "right_extension_late": (_("The month is over: it can no longer be extended."), _("Answer now.")),
    "right_extension_reason_unknown": (_("Choose why a month is not enough."), ""),
    "right_outcome_unknown": (_("Choose what you answer."), ""),
    "right_ground_missing": (_("A refusal cites its ground."), _("Choose the article it rests on.")),
    "right_ground_unfit": (_("This ground does not fit this answer."), ""),
    "right_not_proven": (
        _("Nobody found yet that the person is who they say."),
        _("Ask them what the data already holds, then record yes or no."),
    ),
    "right_two_people": (
        _("You alone said that it is they."),
        _("Another data protection officer opens or erases the data; you may still refuse."),
    ),
    "button_unknown": (_("There is no button of this number."), ""),
    "device_known_otherwise": (_("Another device has this number or key."), ""),
    "device_id_wrong": (_("Letters, figures and dashes make a number, 64 at most."), ""),
    "device_unknown": (_("There is no personal button of this number."), ""),
    "address_unknown": (_("Nothing of the programme is held under this address."), ""),
    # break-glass
    "break_glass_unknown": (_("This break-glass does not exist."), ""),
    "break_glass_not_yours": (_("A room lead or a duty officer does this."), ""),
    "break_glass_two_people": (_("You asked for this yourself."), _("Another lead or duty officer must agree.")),
    "break_glass_decided": (_("This was already decided."), _("Read again.")),
    "break_glass_asked_too_long_ago": (_("It was asked for more than ten minutes ago."), _("Ask again.")),
    "break_glass_unreviewed": (
        _("The last break-glass has not been judged yet."),
        _("Call the data protection officer: nobody opens another before."),
    ),
    "break_glass_over": (_("What was opened is closed again."), _("Two people may ask for it anew.")),
    "break_glass_other_scope": (_("The break-glass opens something else."), ""),
    "break_glass_stream_missing": (_("Say which sensor, for readings and for nothing else."), ""),
    "break_glass_scope_unknown": (_("This cannot be opened."), ""),
    "break_glass_readers_unknown": (_("It cannot be opened to them."), ""),
    "break_glass_dpo_only": (_("A data protection officer judges it."), ""),
    "break_glass_own_review": (_("You took part in it: somebody else judges it."), ""),
    "break_glass_not_broken": (_("Nothing was opened: there is nothing to judge."), ""),
    "break_glass_reviewed": (_("It was already judged."), ""),
    "reason_too_long": (_("This text is too long."), _("Keep it under 500 characters.")),
    # crises
    "crisis_unknown": (_("This crisis does not exist."), ""),
    "crisis_not_yours": (_("A room lead or a duty officer does this; whoever asked takes it back."), ""),
    "crisis_two_people": (_("You asked for this yourself."), _("Another lead or duty officer must agree.")),
    "crisis_decided": (_("This was already decided."), _("Read again.")),
    "crisis_asked_too_long_ago": (_("It was asked for more than ten minutes ago."), _("Ask again.")),
    "crisis_already": (_("One is already open."), _("Close it first; a drill may go on beside a crisis.")),
    "crisis_not_assessed": (
        _("No impact assessment of these services is in force."),
        _("The data protection officer signs one. If lives are at stake, a duty officer may say so and answer for it."),
    ),
    "crisis_name": (_("Give it a name of at most 80 characters."), ""),
    "crisis_area": (_("The area reaches from 100 m to 30 km."), ""),
    "crisis_services": (_("Choose at least one service."), ""),
    "crisis_languages": (_("Choose at least one language."), ""),
    "crisis_kept": (_("What people said is kept from one to thirty days after closing."), ""),
    "crisis_not_open": (_("It never opened."), ""),
    "crisis_closed": (_("It is already closed."), _("Nothing to do: the clock erases it.")),
    "crisis_not_closed": (_("It is not closed."), ""),
    "crisis_still_kept": (_("Its time is not over."), ""),
    "crisis_erased": (_("It was already erased."), ""),
    "crisis_none": (_("No crisis is open."), ""),
    # the system itself
    "unreachable": (
        _("The database does not answer: nothing was recorded."),
        _("Try again. If it lasts, work from the printed log and call a technician."),
    ),
    "too_late": (_("Somebody else changed this at the same moment."), _("Read again, then try again.")),
    "not_allowed": (_("Your role may not do this."), ""),
    # reading what is about a person
    "reader_not_authorised": (_("Your role may not read this."), _("A room lead may have it opened to you.")),
    "purpose_not_authorised": (_("This may not be read for that purpose."), ""),
    "place_not_authorised": (_("What was opened to you is about something else."), ""),
    "authorisation_not_in_force": (_("What opened this is over."), ""),
    "refused_by_the_database": (_("The database, which judges by itself, refused."), _("Call a technician.")),
    "malformed": (_("This form was not filled in as expected."), _("Reload the page and try again.")),
}
RULES |= DESK
OWNERS: dict[str, Any] = {
    "gate": _("the city's authorisations"),
    "airspace": _("airspace rules"),
    "dispatch": _("dispatch rules"),
    "accounts": _("account rules"),
}


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as shown. `detail` holds its figures; empty strings are not shown."""

    rule: str
    what: str
    detail: str = ""
    owner: str = ""
    until: datetime | None = None
    what_now: str = ""


def explain(refusal: Refusal) -> Explained:
    """Return a refusal in the reader's language."""
    known = RULES.get(refusal.rule)
    detail = facts_in_words(refusal.facts)
    return Explained(
        rule=refusal.rule,
        what=str(known[0]) if known else refusal.detail or refusal.rule.replace("_", " "),
        detail=detail,
        owner=str(OWNERS.get(refusal.owner) or people.name(refusal.owner)),
        until=refusal.until,
        what_now=str(known[1]) if known else "",
    )


def sentence(refusal: Refusal) -> str:
    """Return a refusal as one line, for places with room for no more."""
    said = explain(refusal)
    return " ".join(part for part in (said.what, said.what_now) if part)


def facts_in_words(facts: dict[str, str]) -> str:  # noqa: C901 -- one line per figure
    """Return the figures of a refusal: "2 out of service, 3 without a link"."""
    parts = []
    for name, value in facts.items():
        if not value:
            continue
        if name in GROUNDED:
            parts.append(f"{value} {say(GROUNDED, name)}")
        elif name == "on_shift":
            parts.append(ngettext("%(n)s pilot on shift", "%(n)s pilots on shift", _count(value)) % {"n": value})
        elif name == "asked":
            parts.append(ngettext("%(n)s pilot asked", "%(n)s pilots asked", _count(value)) % {"n": value})
        elif name == "wait_s":
            parts.append(str(_("free in %(n)s s")) % {"n": value})
        elif name == "authorisation":
            parts.append(f"“{value}”")
        elif name == "status":
            parts.append(say(DRONE, value))
        elif name == "rung":
            parts.append(say(RUNGS, value))
        elif name == "modality":
            parts.append(say(MODALITIES, value))
        elif name == "purpose":
            parts.append(say(PURPOSES, value))
        else:
            parts.append(value)
    return ", ".join(parts)


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 0


_FACT = re.compile(r"(\w+)=(.*?)(?=\s\w+=|$)")


def from_reason(reason: str) -> Explained | None:
    """Read back what an incident keeps as its drone's reason. None when it is not a refusal."""
    rule, _space, rest = reason.partition(" ")
    if rule not in RULES and not re.fullmatch(r"[a-z]+(_[a-z]+)+", rule):
        return None
    return explain(Refusal(rule=rule, owner=_owner_of(rule), facts=dict(_FACT.findall(rest))))


def _owner_of(rule: str) -> str:
    if rule.startswith(("authorisation", "no_authorisation", "gate")):
        return "gate"
    if rule.startswith(("no_geozones", "geozone", "route_", "helicopter", "outside_")):
        return "airspace"
    return "dispatch"
