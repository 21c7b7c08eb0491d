"""Codes that facts hold, in words for eyes. The stored value never changes; the word is the reader's language."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from necmergitur.dispatch.observations import ON_DUTY
from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS

Words = dict[str, Any]

KINDS: Words = {
    "sos": _("SOS"),
    "medical": _("Medical"),
    "fire": _("Fire"),
    "violence": _("Violence"),
    "possible_press": _("Possible press"),
    "test": _("Test"),
    "cancel": _("Cancellation"),
    "synthetic": _("Probe"),
}
RUNGS: Words = {
    "received": _("Not yet seen"),
    "seen": _("Seen"),
    "acknowledged": _("Acknowledged"),
    "acting": _("Acting"),
}
LEVELS: Words = {
    "operator": _("Operator"),
    "lead": _("Room lead"),
    "duty_officer": _("Duty officer"),
    "everyone": _("Everybody"),
}
ESCALATED: tuple[Any, ...] = ("", _("With the lead"), _("With the duty officer"), _("With everybody"))
DRONE: Words = {
    "none": _("no drone"),
    "searching": _("looking for a drone"),
    "offered": _("offered to a pilot"),
    "flying": _("drone flying"),
    "on_scene": _("drone on scene"),
    "returning": _("drone returning"),
    "done": _("drone back"),
    "refused": _("no drone can fly"),
}
PHASES: Words = {
    "offered": _("Offered"),
    "open_dock": _("Dock opening"),
    "climb": _("Climbing"),
    "transit": _("On its way"),
    "on_scene": _("On scene"),
    "return": _("Returning"),
    "dock": _("Docked"),
    "hold": _("Holding"),
    "land": _("Landing"),
    "link_lost": _("Link lost"),
    "ended": _("Ended"),
    "docked": _("In its dock"),
    "standby": _("In its dock"),
    "airborne": _("In the air"),
    "landed": _("On the ground, away from its dock"),
}
MISSION_STATES: Words = {
    "offered": _("Offered"),
    "accepted": _("Accepted"),
    "flying": _("Flying"),
    "ended": _("Ended"),
}
ORDERS: Words = {
    "fly": _("Fly"),
    "hold": _("Hold position"),
    "descend": _("Descend"),
    "return": _("Return to the dock"),
    "land": _("Land now"),
}
OUTCOMES: Words = {
    "helped": _("Helped"),
    "handed_over": _("Handed over to another service"),
    "false_alarm": _("False alarm"),
    "not_found": _("Nobody found"),
    "test": _("Test"),
    "duplicate": _("Same as another"),
    "cancelled_by_caller": _("Cancelled by the caller"),
}
END_REASONS: Words = {
    "docked": _("back in its dock"),
    "landed_away": _("landed away from its dock"),
    "link_lost": _("link lost"),
    "failed": _("the drone refused"),
    "called_back": _("called back"),
    "no_pilot": _("no pilot answered"),
    "unknown_drone": _("the engine does not know this drone"),
    "engine_error": _("an error in the engine"),
}
FLAGS: Words = {
    "no_clock": _("no time stated"),
    "wrong_clock": _("wrong clock"),
    "no_position": _("no position"),
    "impossible_position": _("impossible position"),
    "outside_territory": _("outside the territory"),
    "placed_later": _("place received after the call"),
    "double_press": _("pressed twice"),
    "counter_reset": _("counters began again"),
    "pin_accepted": _("PIN accepted"),
    "pin_wrong": _("wrong PIN"),
    "unreadable": _("unreadable message"),
    "retired_device": _("retired device"),
    "test_outside_window": _("test outside a test window"),
    "unknown_firmware": _("unknown firmware"),
}
DEVICE_KINDS: Words = {"post": _("Street button"), "personal": _("Personal button"), "synthetic": _("Probe")}
TRANSPORTS: Words = {"mqtt": "MQTT", "https": "HTTPS", "dc09": "DC-09", "lorawan": "LoRaWAN", "web": "/safe"}
BY_PAGE = _("Page “I’m safe”")  # in place of the kind of a device, for a call from there
NOTE_KINDS: Words = {
    "note": _("Note"),
    "call_back": _("Call-back"),
    "hand_off": _("Hand-off"),
    "handover": _("Shift handover"),
}
RESPONDER_STATES: Words = {
    "told": _("Told"),
    "acknowledged": _("On the way"),
    "arrived": _("Arrived"),
    "need_help": _("Need help"),
    "released": _("Released"),
}
# Units that are not somebody's name.
UNITS: Words = {ON_DUTY: _("Responders on duty")}
SERVICES: Words = {
    "15": _("15, medical emergency"),
    "17": _("17, police"),
    "18": _("18, fire and rescue"),
    "112": _("112, any emergency"),
}
BREACHES: Words = {
    "camera_not_level": _("camera not level"),
    "recording_off_scene": _("recording away from the scene"),
    "airborne_without_mission": _("airborne without a mission"),
}
MODALITIES: Words = {
    "drone_flight": _("Drone flights"),
    "call_for_help": _("Calls for help"),
    "governance": _("Record of decisions"),
    "camera": _("Cameras"),
    "drone_camera": _("The drones' cameras"),
    "lidar": _("Lidar (counts people)"),
    "sound": _("Sound level"),
    "scan": _("3D scans"),
    "crowd_count": _("Counts of people"),
    "advice": _("Advice of a solution on trial"),
    "population": _("Services for the population"),
}
AUTHORISATION_KINDS: Words = {
    "standing": _("Standing"),
    "stream": _("Stream of a sensor"),
    "flight": _("Flight"),
}
# The two that come with the installation were entered by nobody: what they say is ours to translate.
STANDING: dict[UUID, Words] = {
    CALLS_FOR_HELP: {
        "label": MODALITIES["call_for_help"],
        "holder": _("The city"),
        "legal_basis": _("GDPR art. 6(1)(e); art. 6(1)(d) and recital 46 as the last resort"),
    },
    RECORD_OF_DECISIONS: {
        "label": MODALITIES["governance"],
        "holder": _("The city"),
        "legal_basis": _("GDPR art. 5(2) and art. 30"),
    },
}
PURPOSES: Words = {
    "emergency_response": _("Response to calls for help"),
    "accountability": _("Accountability"),
    "crowd_safety": _("Safety of crowds"),
    "maintenance": _("Maintenance"),
    "training": _("Training"),
}
GROUNDED: Words = {
    "disabled": _("out of service"),
    "no_link": _("without a link"),
    "battery": _("with too little battery"),
    "wind": _("kept down by wind"),
    "free": _("usable"),
}
SEEN_FACTS: Words = {
    "fire": _("Fire"),
    "smoke": _("Smoke"),
    "weapon_seen": _("Weapon seen"),
    "access_blocked": _("Access blocked"),
    "nothing_seen": _("Nothing seen"),
}
ORDERS_REFUSED: Words = {
    "command_refused": _("the drone refused"),
    "command_timeout": _("the drone did not answer"),
    "link_lost": _("link lost"),
    "not_now": _("not possible in this phase"),
    "altitude_outside_volume": _("outside its heights"),
}
AUDIT: Words = {
    "pilot:shift:start": _("Shift started"),
    "pilot:shift:pause": _("Offers paused"),
    "pilot:shift:resume": _("Offers resumed"),
    "pilot:shift:end": _("Shift ended"),
    "lead:qualification:set": _("Qualification recorded"),
    "technician:device:enrol": _("Device enrolled"),
    "technician:device:retire": _("Device retired"),
    "technician:holder:set": _("Holder recorded"),
    "operator:holder:open": _("Holder's identity opened"),
    "lead:test_window:declare": _("Test window declared"),
    "lead:airspace:announce": _("Helicopter announced"),
    "lead:airspace:end": _("Notice ended"),
    "engine:drone:ground": _("Drone grounded"),
    "engine:shift:pause": _("Offers paused: two in a row without an answer"),
    "technician:drone:ground": _("Drone grounded"),
    "technician:drone:enable": _("Drone back in service"),
    "city:install": _("City installed"),
    "system:retention:erase": _("Erased what was kept long enough"),
    "system:retention:pictures": _("Erased pictures at their hour"),
    "dpo:person:erase": _("A person was erased"),
    "dpo:right:extend": _("A person's request: deadline extended"),
    "dpo:right:answer": _("A person's request answered"),
    "dpo:right:prove": _("The desk said whether a person is who they say"),
    "dpo:data:export": _("A person's data was read on the desk's word"),
    "person:right:ask": _("A person asked for their rights"),
    "person:right:served": _("A person's request served at once"),
    "person:data:export": _("A person read their own data"),
    "trust:processing:save": _("Processing activity written"),
    "trust:processing:end": _("Processing activity ended"),
    "trust:assessment:begin": _("Impact assessment begun"),
    "trust:assessment:refuse": _("Impact assessment refused"),
    "trust:breach:save": _("Breach written down"),
    "trust:breach:close": _("Breach closed"),
    "trust:processor:save": _("Processor written down"),
    "trust:processor:end": _("Processor ended"),
}
ACTORS: Words = {
    "engine:timer": pgettext_lazy("actor", "deadline"),
    "engine:dispatch": pgettext_lazy("actor", "dispatch"),
    "engine:fleet": pgettext_lazy("actor", "drone"),
    "matching": pgettext_lazy("actor", "matching"),
    "worker:retention": pgettext_lazy("actor", "retention"),
    "system:install": pgettext_lazy("actor", "installation"),
}


def unit_of(unit: str) -> str:
    """Return a unit as shown: its own name, but for those the machine tells."""
    return str(UNITS.get(unit, unit))


def say(words: Words, code: str) -> str:
    """Return the word for a code, or the code itself when none is known (a newer version wrote it)."""
    return str(words.get(code, code.replace("_", " ")))
