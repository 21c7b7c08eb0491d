"""What must hold whatever happened in a storm, read off the record and the read tables."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.governance.authorisations import CALLS_FOR_HELP, RECORD_OF_DECISIONS
from tests.operations.scene import Scene
from tests.sim.evening.turmoil import PERSONAL, Turmoil


def verdict(run: Turmoil) -> None:
    """Hold every promise to what is stored and to what was answered."""
    scene = Scene(run.store.inner, run.now)
    scene.check()
    _every_fact_is_lawful(scene)
    _no_press_is_lost(run, scene)
    _every_flight_is_founded(scene)
    _nobody_is_mixed_up(scene)
    _everyone_is_told(run, scene)


def _told(scene: Scene) -> list[tuple[str, UUID, dict[str, Any], datetime, str]]:
    """Return (kind, subject, payload, at, law) of every fact about an incident or a mission, in order."""
    rows = []
    for fact in scene.facts():
        source, _, name = fact.stream.partition(":")
        if source in ("incident", "mission", "authorisation"):
            law = fact.authorisation_id
            rows.append((fact.kind, UUID(name), msgspec.json.decode(fact.payload), fact.recorded_at, law))
    return rows


def _every_fact_is_lawful(scene: Scene) -> None:
    """No fact without an authorisation current when it was recorded; a flight's under a flight's."""
    ended: dict[str, datetime] = {}
    granted: dict[str, tuple[datetime, datetime]] = {}
    standing = {str(CALLS_FOR_HELP), str(RECORD_OF_DECISIONS)}
    for kind, subject, payload, at, law in _told(scene):
        if kind == "AuthorisationGranted":
            asked = payload["authorisation"]
            window = (asked["valid_from"], asked["valid_until"])
            granted[str(subject)] = tuple(datetime.fromisoformat(text) for text in window)
        elif kind == "AuthorisationRevoked":
            ended[str(subject)] = at
        if kind in ("MissionOffered", "MissionAccepted", "MissionLaunched"):
            start, end = granted[law]
            assert start <= at < end
            assert law not in ended or at < ended[law], f"{kind} under an authorisation revoked before"
        else:
            assert law in standing, (kind, law)


def _no_press_is_lost(run: Turmoil, scene: Scene) -> None:
    """Every press a device sent has a lit lamp, one signal, and (a call) an incident people can see."""
    received = [(f.stream, msgspec.json.decode(f.payload)) for f in scene.facts() if f.kind == "PressReceived"]
    facts = {stream for stream, _ in received}
    turns = [(press["device_id"], press["boot_id"], press["seq"], press["turn"]) for _, press in received]
    assert {turn[:3] for turn in turns} == set(run.sent)
    assert len(set(turns)) == len(turns), "one press, two signals"
    assert all((press["turn"] > 0) == ("counter_reset" in press["flags"]) for _, press in received)
    with scene.store.transaction() as tx:
        known = tx.known_signals(list(run.sent))
    for key, (press, _) in run.sent.items():
        answer = run.answers[key]
        assert answer.lit
        assert known[key].signal_id == answer.signal_id
        assert f"signal:{answer.signal_id}" in facts
        if press.device != "S-1" and press.kind != "cancel":
            assert known[key].incident_id is not None, f"a call without an incident: {press}"
            with scene.store.transaction() as tx:
                assert answer.signal_id in {s.id for s in tx.signals_of(known[key].incident_id)}


def _every_flight_is_founded(scene: Scene) -> None:  # noqa: C901  one case for each kind of fact
    """Follow the record in order: no launch without an open incident and the offered pilot's yes; none twice."""
    state: dict[UUID, str] = {}
    tests: set[UUID] = set()
    asked: dict[UUID, int] = {}
    accepted: set[UUID] = set()
    of: dict[UUID, UUID] = {}
    drone_of: dict[UUID, str] = {}
    at_work: dict[str, UUID] = {}
    launched: set[UUID] = set()
    for kind, subject, payload, _at, _law in _told(scene):
        match kind:
            case "IncidentOpened":
                state[subject] = "open"
                if payload["test"]:
                    tests.add(subject)
            case "IncidentClosed" | "IncidentMerged":
                state[subject] = "over"
            case "IncidentReopened" | "IncidentUnmerged":
                state[subject] = "open"
            case "MissionOffered":
                of[subject], asked[subject] = UUID(payload["incident_id"]), payload["pilot"]["id"]
                drone_of[subject] = payload["drone_id"]
                assert at_work.setdefault(payload["drone_id"], subject) == subject, "a drone with two missions"
            case "OfferPassedOn":
                asked[subject] = payload["pilot"]["id"]
            case "MissionAccepted":
                assert payload["by"]["id"] == asked[subject], "accepted by a pilot who was not asked"
                accepted.add(subject)
            case "MissionLaunched":
                assert subject in accepted, "a launch nobody accepted"
                assert subject not in launched, "a double launch"
                launched.add(subject)
            case "MissionEnded":
                del at_work[drone_of[subject]]
        if kind in ("MissionOffered", "MissionAccepted", "MissionLaunched"):
            assert state[of[subject]] == "open", f"{kind} for an incident that is over"
            assert of[subject] not in tests, f"{kind} for a test"


def _nobody_is_mixed_up(scene: Scene) -> None:
    """What joined an incident by itself (not by a human's split) comes from one person, or from posts."""
    joined: dict[UUID, list[str]] = {}
    for kind, subject, payload, _at, _law in _told(scene):
        if kind == "SignalsAttached":
            machine = [link for link in payload["links"] if not link["reason"].startswith("split by")]
            joined.setdefault(subject, []).extend((link["device_id"], link["reason"]) for link in machine)
    for incident_id, links in joined.items():
        by_score = {device for device, reason in links if not reason.startswith("same device")}
        if by_score & PERSONAL:
            assert len(by_score) == 1, f"incident {incident_id} mixes {by_score}"


def _everyone_is_told(run: Turmoil, scene: Scene) -> None:
    """An open call has a deadline until somebody acts, and its drone is where the screen says."""
    for incident_id in {subject for kind, subject, *_ in _told(scene) if kind == "IncidentOpened"}:
        incident = scene.incident(incident_id)
        if incident.state != "open":
            continue
        if not incident.test and incident.rung != "acting":
            assert incident.due_at is not None
            assert incident.due_at > run.now - timedelta(seconds=11), "nobody was told in time"
        with scene.store.transaction() as tx:
            live = [m for m in tx.missions_of(incident_id) if m.state != "ended"]
        if incident.drone in ("offered", "flying", "on_scene"):
            assert live, f"{incident.number} says {incident.drone} and no drone is at work"
        assert incident.drone != "searching", f"{incident.number} was forgotten"
