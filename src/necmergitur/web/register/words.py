"""What a stream, a refusal or a state is, in words that need no study."""

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from necmergitur.web.console.words import Words, say

OURS = frozenset(
    {"operator", "lead", "duty_officer", "pilot", "technician", "responder", "administrator", "dpo", "liaison"}
)


class Kind(msgspec.Struct, frozen=True):
    """A technology: its name, what it gathers and what it does not."""

    name: Any
    gathers: tuple[Any, ...]
    never: tuple[Any, ...]


KINDS: dict[str, Kind] = {
    "crowd_count": Kind(
        _("People counter"),
        (
            _("How many people are in the zone during one minute: one number."),
            _("The minute it was counted, and the zone."),
        ),
        (
            _("No picture and no film."),
            _("No sound, no voice."),
            _("No face, no body, nothing that recognises somebody."),
            _("No telephone, no card, no number plate, nobody’s way."),
        ),
    ),
    "advice": Kind(
        _("Solution on trial"),
        (
            _("What it advises for the zone: a level from 0, nothing to do, to 3, act now."),
            _("The minute it speaks of, and how sure it says it is."),
        ),
        (
            _("No picture, no film, no sound."),
            _("No word: it cannot write anything."),
            _("Nothing that recognises somebody."),
        ),
    ),
    "drone_flight": Kind(
        _("Drone"),
        (
            _("Where the drone is while it flies, its height and battery."),
            _("A live picture on the spot, for those who help; pictures only if a pilot takes one."),
        ),
        (
            _("No sound: it has no microphone in use."),
            _("No film is kept: the live picture is not recorded."),
            _("No faces recognised, no number plates read, nothing compared with any file."),
            _("No patrol: it flies only for a call for help."),
        ),
    ),
    "call_for_help": Kind(
        _("Emergency button"),
        (
            _("That this button was pressed, when, and which key."),
            _("Once a minute: that it works, its battery and radio."),
        ),
        (
            _("No sound and no picture: it has neither microphone nor camera."),
            _("Not who presses it, and not who passes by."),
        ),
    ),
}
OTHER = Kind(
    _("Sensor"),
    (_("Only what its type, named below, has a field for: anything else is refused on arrival."),),
    (_("Raw sound, voices, faces and body measurements: no type here can hold them."),),
)
READERS: Words = {
    "public_actor": _("Public actors: means of an hour, of ten people or more"),
    "public": _("Everybody, as open data"),
    "operator": _("Operators of the control room"),
    "lead": _("Room leads"),
    "duty_officer": _("Duty officers"),
    "pilot": _("Drone pilots"),
    "technician": _("Technicians"),
    "responder": _("Responders"),
    "administrator": _("Administrators"),
    "dpo": _("The data protection officer"),
    "liaison": _("Family liaison"),
    "analyst": _("Innovation analysts"),
}
# Why a paper of an experiment ended with its trial (`innovation.protocol.Why`).
ENDED: Words = {
    "trial_too_many_false_alarms": _("the trial under it ended: too many alarms were false."),
    "trial_as_good_as_promised": _("the trial under it ended: it kept its promise."),
    "trial_complaints": _("the trial under it ended: there were too many complaints."),
    "trial_window_over": _("the trial under it ended: its time was over."),
    "trial_paper_ended": _("the trial under it ended: another of its papers was closed."),
    "trial_by_hand": _("the trial under it was ended by hand."),
}
PARTIES: Words = {"territory": _("The territory"), "company": _("The company"), "state": _("The State")}
# State of a stream -> shape and colour of `{% state %}`, and its word.
STATES: dict[str, tuple[str, Any]] = {
    "on": ("ours", _("Is on")),
    "suspended": ("serious", _("Off: suspended")),
    "revoked": ("neutral", _("Off: withdrawn")),
    "expired": ("neutral", _("Off: over")),
    "not_yet": ("neutral", _("Off: not begun")),
    "off": ("neutral", _("Off")),
    "unknown": ("attention", _("Unknown at this moment")),
    "unheard": ("attention", _("Off: nobody hears it")),
    "shut": ("attention", _("Off: nothing can be written down")),
    "retired": ("neutral", _("Off: taken out of service")),
}
STATE_OF = {
    "authorisation_suspended": "suspended",
    "authorisation_revoked": "revoked",
    "authorisation_expired": "expired",
    "authorisation_not_yet": "not_yet",
    "gate_table_stale": "unknown",
}
# Why a stream stopped: the first word of the recorded reason.
DRIFTS: Words = {
    "drift_schema": _("The device began to send another kind of message than the one that was assessed."),
    "drift_zone": _("The device was moved out of the zones that were assessed."),
    "drift_rate": _("The device was set to measure more often than was assessed."),
    "drift_firmware": _("The device’s software changed since it was assessed."),
    "withdrawn": _("The data protection officer found that the assessment no longer holds."),
    "assessment_stale": _("The assessment it rests on no longer holds."),
    "assessment_missing": _("No signed assessment stands behind it any more."),
    "assessment_other_version": _("The assessment was written anew: the paper must be signed again."),
    "beyond_assessment": _("The paper allows more than what was assessed."),
}
NOT_TOLD = _("What it rests on no longer holds.")
# Refusals, as the record names them -> what that means for a citizen.
REFUSALS: Words = {
    "no_drone": _("A drone was wanted, none could fly just then."),
    "drone_soon": _("A drone was wanted, the right one was still busy."),
    "no_pilot": _("A drone was wanted, no pilot was free."),
    "no_pilot_answered": _("A drone was wanted, no pilot answered."),
    "no_geozones": _("No flight: the closed parts of the sky had not been read."),
    "geozones_stale": _("No flight: what was known of the closed parts of the sky was too old."),
    "geozones_empty": _("No flight: what was known of the closed parts of the sky was empty."),
    "geozones_unreadable": _("No flight: the closed parts of the sky could not be read."),
    "route_crosses_geozone": _("No flight: the way crosses a part of the sky that is closed."),
    "helicopter": _("No flight: a helicopter was announced there."),
    "outside_territory": _("No flight: the place lies outside the city."),
    "place_unknown": _("No flight: nobody knew the place of the call yet."),
    "place_unread": _("No flight: the place of the call could not be read."),
    "test_never_flies": _("No flight: it was a test."),
    "no_authorisation": _("Refused: no paper allows it."),
    "authorisation_revoked": _("Refused: the paper was withdrawn."),
    "authorisation_expired": _("Refused: the paper had ended."),
    "authorisation_not_yet": _("Refused: the paper had not begun."),
    "authorisation_not_in_force": _("Refused: the paper was withdrawn or suspended."),
    "authorisation_suspended": _("Refused: the device was no longer what had been assessed."),
    "gate_table_stale": _("Refused: the papers could not be read just then, so everything stays shut."),
    "record_full": _("Refused: the disk of the record was full. What cannot be written down is not gathered."),
    "log_not_written": _("Refused: the public log could not be written. What nobody could check is not gathered."),
    "modality_without_type": _("Refused: this kind of data cannot exist here."),
    "payload_too_large": _("Refused: the message was larger than its paper allows."),
    "reading_not_of_its_type": _("Refused: the message held something other than what is allowed."),
    "purpose_not_lawful": _("Refused: that is no purpose a city may gather data for."),
    "payload_schema_not_authorised": _("Refused: the device sends another kind of message than its paper allows."),
    "flood": _("Refused: so many messages at once that not all could be read."),
    "record_away": _("Refused: the record could not be reached. What cannot be written down is not gathered."),
    "status_unreadable": _("Refused: what the device said of itself could not be read."),
    "status_too_large": _("Refused: what the device said of itself was larger than any such message can be."),
    "rate_exceeded": _("Refused: the device spoke more often than its paper allows."),
    "bit_budget_exceeded": _("Refused: the device tried to say more than a count can hold."),
    "reading_replayed": _("Refused: the same message came twice."),
    "reading_out_of_order": _("Refused: a message came after a later one."),
    "reading_of_an_older_boot": _("Refused: a message from before the device was last started."),
    "boot_from_the_future": _("Refused: the device’s clock is wrong."),
    "reading_not_of_now": _("Refused: the message was not of this moment."),
    "reading_too_large": _("Refused: the message was larger than any such message can be."),
    "reading_unreadable": _("Refused: the message could not be read."),
    "status_changes_exceeded": _("Refused: the device said too often that it had changed."),
    "clock_went_back": _("Refused: the city’s own clock had gone back."),
    "refused_by_the_database": _("Refused: the database, which checks again by itself, said no."),
    "sensor_retired": _("Refused: the device was taken out of service."),
    "sensor_unknown": _("Refused: no such device is known."),
    "read_purpose_not_authorised": _("Reading refused: its purpose is not the paper’s."),
    "read_reader_not_authorised": _("Reading refused: this role may not read it."),
    "read_authorisation_not_in_force": _("Reading refused: its paper is not in force."),
    "read_place_not_authorised": _("Reading refused: what was opened is about something else."),
    "read_incident_not_open": _("Reading refused: the call for help it is about is over."),
    "read_gate_table_stale": _("Reading refused: the papers could not be read just then."),
    "read_refused_by_the_database": _("Reading refused: the database, which checks again by itself, said no."),
    "read_no_authorisation": _("Reading refused: no paper allows it."),
    "read_range_too_long": _("Reading refused: too long a time was asked for at once."),
}
OTHER_REFUSAL = _("Refused, for another reason of the rules.")


def kind_of(modality: str) -> Kind:
    """Return what a modality gathers, in words."""
    return KINDS.get(modality, OTHER)


def reader(role: str) -> str:
    """Return who reads, as people say it."""
    return say(READERS, role)


def why_revoked(reason: str | None) -> str:
    """Return why a paper was withdrawn: somebody's words, or a trial's rule in ours."""
    return str(ENDED.get(reason or "", reason or ""))


def why_stopped(reason: str | None) -> str:
    """Return why a stream was suspended. Whatever else the record holds (who, which words) stays out."""
    rule = (reason or "").partition(" ")[0]
    return str(DRIFTS.get(rule, NOT_TOLD))


def figures(reason: str | None) -> dict[str, str]:
    """Return what was assessed and what is now, where drift states both as figures of a device."""
    rule, _space, rest = (reason or "").partition(" ")
    if not rule.startswith("drift_"):
        return {}
    said = dict(part.split("=", 1) for part in rest.split() if "=" in part)
    return {name: said[name][:80] for name in ("assessed", "now") if name in said}


def refusal(rule: str) -> str:
    """Return what a refusal means."""
    return str(REFUSALS.get(rule, OTHER_REFUSAL))
