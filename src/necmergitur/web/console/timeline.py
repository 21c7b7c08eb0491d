"""The story of an incident in human words, from its facts. One line per fact; personal words come from read tables."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from necmergitur.dispatch.constants import LEVELS as LEVEL_NAMES
from necmergitur.web.console import refusals
from necmergitur.web.console.reasons import in_words
from necmergitur.web.console.words import (
    ACTORS,
    BREACHES,
    DRONE,
    KINDS,
    LEVELS,
    NOTE_KINDS,
    ORDERS,
    ORDERS_REFUSED,
    OUTCOMES,
    PHASES,
    RESPONDER_STATES,
    RUNGS,
    SEEN_FACTS,
    say,
    unit_of,
)
from necmergitur.web.facts.models import IncidentNote, LedgerEvent, Observation, ResponderTask, Still


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: when, what, who, and words a person wrote. `tone` is a state's name or empty."""

    key: str
    at: datetime
    text: str
    who: str = ""
    body: str = ""
    tone: str = ""


def lines(
    events: Iterable[LedgerEvent],
    notes: Iterable[IncidentNote],
    observations: Iterable[Observation],
    stills: Iterable[Still],
    tasks: Iterable[ResponderTask],
    names: dict[str, str],
) -> list[Line]:
    """Return the story, oldest first. `names`: incident id -> number, for merges."""
    told: list[Line] = []
    for event in events:
        if event.kind == "NoteWritten":
            continue
        text, tone = _said(event, names)
        if text:
            told.append(Line(key=f"e{event.seq}", at=event.recorded_at, text=text, who=_who(event), tone=tone))
    told += [
        Line(key=f"n{one.id}", at=one.written_at, text=say(NOTE_KINDS, one.kind), who=one.author_name, body=one.body)
        for one in notes
    ]
    told += [
        Line(
            key=f"o{one.id}",
            at=one.observed_at,
            text=_("Seen from above: %(what)s") % {"what": observation_text(one)},
            who=one.author_name,
            body=one.note,
            tone="ours",
        )
        for one in observations
    ]
    told += [Line(key=f"s{one.id}", at=one.taken_at, text=_("Picture filed"), tone="ours") for one in stills]
    told += [
        Line(
            key=f"r{one.id}-{one.state}",
            at=one.changed_at,
            text=_("Responders: %(unit)s, %(state)s")
            % {"unit": unit_of(one.unit), "state": say(RESPONDER_STATES, one.state).lower()},
            tone="serious" if one.state == "need_help" else "",
        )
        for one in tasks
    ]
    return sorted(told, key=lambda line: (line.at, line.key))


def observation_text(one: Observation) -> str:
    """Return the boxes of an observation as one line."""
    facts: dict[str, Any] = one.facts
    parts = []
    if facts.get("people_down") is not None:
        count = facts["people_down"]
        parts.append(ngettext("%(n)s person down", "%(n)s people down", count) % {"n": count})
    if facts.get("crowd_size") is not None:
        parts.append(_("crowd of about %(n)s") % {"n": facts["crowd_size"]})
    parts += [say(SEEN_FACTS, name).lower() for name in SEEN_FACTS if facts.get(name)]
    return ", ".join(parts) or _("note")


def _who(event: LedgerEvent) -> str:
    by = event.payload.get("by") or event.payload.get("to")
    if isinstance(by, dict) and by.get("id"):
        return str(by["name"])
    source, _colon, subject = event.actor.partition(":")
    if source == "device":
        return subject
    return str(ACTORS.get(event.actor, ""))


def _said(event: LedgerEvent, names: dict[str, str]) -> tuple[str, str]:
    """Return (sentence, tone) of one fact; an empty sentence is not shown."""
    told = _INCIDENT.get(event.kind) or _MISSION.get(event.kind)
    return told(event.payload, names) if told else ("", "")


def _opened(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Opened: %(kind)s, %(place)s") % {"kind": say(KINDS, fact["kind"]), "place": fact["label"]}, "serious"


def _attached(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    links = fact["links"]
    if len(links) == 1 and links[0]["reason"] == "first signal":
        return "", ""
    reasons = sorted({in_words(link["reason"]) for link in links})
    text = ngettext("%(n)s signal joined (%(why)s)", "%(n)s signals joined (%(why)s)", len(links))
    return text % {"n": len(links), "why": "; ".join(reasons)}, ""


def _detached(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    count = len(fact["signal_ids"])
    return ngettext(
        "%(n)s signal moved to an incident of its own", "%(n)s signals moved to an incident of their own", count
    ) % {"n": count}, ""


def _placed(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Place stated: %(place)s") % {"place": fact["label"]}, ""


def _rung(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return say(RUNGS, fact["rung"]), "ours"


def _escalated(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    level = LEVEL_NAMES[min(fact["level"], len(LEVEL_NAMES) - 1)]
    return _("Deadline missed: now with %(level)s") % {"level": say(LEVELS, level).lower()}, "critical"


# The mission's own facts tell these, with more: who was asked, when it lifted off, what phase it reached.
_TOLD_BY_MISSION = frozenset({"offered", "flying", "on_scene", "returning", "done"})


def _drone(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    status, reason = fact["status"], fact["reason"]
    if status in _TOLD_BY_MISSION:
        return "", ""
    refused = refusals.from_reason(reason) if status == "refused" else None
    if refused is not None:
        detail = f" ({refused.detail})" if refused.detail else ""
        return f"{say(DRONE, status).capitalize()}: {refused.what}{detail}", "attention"
    said = say(DRONE, status).capitalize()
    return (f"{said} ({in_words(reason)})" if reason else said), "attention" if status == "refused" else ""


def _merged(fact: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    return _("Merged into %(number)s") % {"number": names.get(fact["into"], "")}, ""


def _absorbed(fact: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    tone = "critical" if fact["duress"] else ""
    return _("%(number)s merged into this one") % {"number": names.get(fact["other"], "")}, tone


def _help_asked(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Responders need help: %(unit)s") % {"unit": fact["unit"]}, "critical"


def _proposed(fact: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    said = {"number": names.get(fact["other"], ""), "why": in_words(fact["reason"])}
    return _("Perhaps the same as %(number)s (%(why)s)") % said, "attention"


def _decided(fact: dict[str, Any], names: dict[str, str]) -> tuple[str, str]:
    same = _("The same as %(number)s") if fact["accepted"] else _("Not the same as %(number)s")
    return same % {"number": names.get(fact["other"], "")}, ""


def _closed(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Closed: %(outcome)s") % {"outcome": say(OUTCOMES, fact["outcome"])}, "resolved"


def _offered(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("%(why)s. Offered to %(pilot)s") % {"why": in_words(fact["why"]), "pilot": fact["pilot"]["name"]}, ""


def _passed_on(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    declined = fact["reason"] == "declined"
    text = _("Declined; offered to %(pilot)s") if declined else _("No answer in time; offered to %(pilot)s")
    return text % {"pilot": fact["pilot"]["name"]}, ""


def _phase(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Drone: %(phase)s") % {"phase": say(PHASES, fact["phase"]).lower()}, (
        "ours" if fact["phase"] == "on_scene" else ""
    )


def _ordered(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Order to the drone: %(order)s") % {"order": say(ORDERS, fact["order"]).lower()}, ""


def _order_refused(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    told = {"order": say(ORDERS, fact["order"]).lower(), "why": say(ORDERS_REFUSED, fact["rule"])}
    return _("Order not carried out: %(order)s (%(why)s)") % told, "attention"


def _breached(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    return _("Camera rule broken: %(what)s") % {"what": say(BREACHES, fact["kind"])}, "serious"


def _ended(fact: dict[str, Any], _names: dict[str, str]) -> tuple[str, str]:
    refused = refusals.from_reason(fact["reason"])
    reason = refused.what if refused and fact["reason"] in refusals.RULES else in_words(fact["reason"])
    return _("Mission over: %(reason)s") % {"reason": reason}, ""


def _plain(text: Any, tone: str = "") -> Any:
    return lambda _fact, _names: (str(text()), tone)


_INCIDENT: dict[str, Any] = {
    "IncidentOpened": _opened,
    "SignalsAttached": _attached,
    "SignalsDetached": _detached,
    "RungReached": _rung,
    "IncidentEscalated": _escalated,
    "CallerCancelled": _plain(lambda: _("The caller cancelled with their PIN"), "attention"),
    "CallRenewed": _plain(lambda: _("The caller called again"), "critical"),
    "CancelOverruled": _plain(lambda: _("Help wanted although the caller cancelled"), "attention"),
    "CallWithdrawn": _plain(lambda: _("One caller took their own call back; the others' stands"), "attention"),
    "PlaceStated": _placed,
    "DuressReported": _plain(lambda: _("Duress PIN: the caller is forced to cancel"), "critical"),
    "DroneStatusChanged": _drone,
    "IncidentMerged": _merged,
    "IncidentAbsorbed": _absorbed,
    "IncidentUnmerged": _plain(lambda: _("Merge undone")),
    "IncidentClosed": _closed,
    "IncidentReopened": _plain(lambda: _("Reopened"), "attention"),
    "HelpAsked": _help_asked,
    "ProposalMade": _proposed,
    "ProposalDecided": _decided,
}
_MISSION: dict[str, Any] = {
    "MissionOffered": _offered,
    "OfferPassedOn": _passed_on,
    "MissionAccepted": _plain(lambda: _("Pilot accepted"), "ours"),
    "MissionLaunched": _plain(lambda: _("Drone lifted off"), "ours"),
    "PhaseReached": _phase,
    "MissionOrdered": _ordered,
    "OrderRefused": _order_refused,
    "MissionHandedOver": _plain(lambda: _("Controls handed over")),
    "CameraBreached": _breached,
    "MissionEnded": _ended,
}
