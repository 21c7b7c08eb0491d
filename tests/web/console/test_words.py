"""Nothing an operation or an island says reaches a screen as a code."""

import json
import re
from pathlib import Path

import pytest

from necmergitur.dispatch import incidents, missions, observations
from necmergitur.dispatch.constants import LEVELS
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.console import dossier, refusals, timeline, words
from necmergitur.web.console.reasons import in_words
from necmergitur.web.console.ui_words import WORDS
from necmergitur.web.dialogue import desk
from necmergitur.web.sensors import words as sensors
from necmergitur.web.trials import words as trials
from necmergitur.web.trust import reasons
from necmergitur.web.trust.signing import words as signing

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "necmergitur"
RULE = re.compile(r'(?:Refusal\(\s*rule=|_refusal\(\s*)"([a-z_]+)"')
SPOKEN = [
    *(SOURCE / "operations").glob("*.py"),
    SOURCE / "dispatch" / "incidents.py",
    SOURCE / "dispatch" / "missions.py",
    SOURCE / "dispatch" / "observations.py",
    SOURCE / "governance" / "authorisations.py",
    SOURCE / "governance" / "gate.py",
    SOURCE / "territory" / "geozones.py",
    *(SOURCE / "web" / "console").glob("*.py"),
]


def test_every_rule_an_operation_names_has_its_sentence() -> None:
    rules = {rule for path in SPOKEN for rule in RULE.findall(path.read_text(encoding="utf-8"))}
    assert len(rules) > 60
    # Each room says its own; the control room's are shared.
    said = set().union(refusals.RULES, reasons.SENTENCES, signing.RULES, sensors.RULES, desk.WRONG, trials.RULES)
    assert sorted(rules - said) == []


def test_a_planted_rule_without_a_sentence_is_found() -> None:
    assert RULE.findall('return Refusal(rule="planted_rule")') == ["planted_rule"]
    assert "planted_rule" not in refusals.RULES


def test_an_unknown_rule_still_says_something() -> None:
    said = refusals.explain(Refusal(rule="brand_new", detail="Something happened."))
    assert said.what == "Something happened."
    assert refusals.explain(Refusal(rule="brand_new")).what == "brand new"


def test_islands_and_pages_share_one_list_of_words() -> None:
    theirs = json.loads((ROOT / "ui" / "words.json").read_text(encoding="utf-8"))
    assert set(WORDS) == set(theirs)


def test_a_translation_keeps_every_place_to_fill() -> None:
    from django.utils import translation

    for key, text in WORDS.items():
        with translation.override("en"):
            wanted = set(re.findall(r"\{\w+\}", str(text)))
        with translation.override("fr"):
            assert set(re.findall(r"\{\w+\}", str(text))) == wanted, key


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (words.RUNGS, incidents.RUNGS),
        (words.OUTCOMES, incidents.OUTCOMES),
        (words.ORDERS, missions.ORDERS),
        (words.LEVELS, LEVELS),
        (words.RESPONDER_STATES, observations.RESPONDER_STATES),
        (words.SEEN_FACTS, [one for one in observations.ObservationFacts.__struct_fields__ if one not in ("people_down", "crowd_size")]),
    ],
)  # fmt: skip
def test_every_code_of_a_state_has_a_word(known: dict[str, object], codes: list[str]) -> None:
    assert set(codes) <= set(known)


def test_every_event_of_an_incident_and_a_mission_has_a_sentence() -> None:
    told = set(timeline._INCIDENT) | set(timeline._MISSION) | {"NoteWritten"}
    for union in (incidents.IncidentEvent, missions.MissionEvent):
        assert {kind.__name__ for kind in union.__args__} <= told


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no_pilot on_shift=0", ("No pilot is free.", "0 pilots on shift")),
        ("authorisation_expired authorisation=Night flights of 2026", ("The authorisation is over.", "“Night flights of 2026”")),
        ("no_drone free=1 battery=2", ("No drone can take this flight now.", "1 usable, 2 with too little battery")),
    ],
)  # fmt: skip
def test_a_stored_refusal_is_read_back(reason: str, said: tuple[str, str]) -> None:
    from django.utils import translation

    with translation.override("en"):
        found = refusals.from_reason(reason)
    assert found is not None
    assert (found.what, found.detail) == said


@pytest.mark.parametrize(
    ("reason", "french"),
    [
        ("first signal", "premier signal"),
        ("12 m away, 3 s after, sos/fire", "à 12 m, 3 s après, SOS et Feu"),
        ("D-1: ETA 38 s, next best 51 s", "D-1\u00a0: sur place en 38 s, le suivant en 51 s"),
        ("D-1: ETA 38 s, free in 20 s, no other in reach", "D-1\u00a0: sur place en 38 s, libre dans 20 s, aucun autre à portée"),
        ("D-1: ETA 38 s, nearest at 30 s serves another", "D-1\u00a0: sur place en 38 s, le plus proche (30 s) sert un autre appel"),
        ("stood down by A. Roy", "renvoyé par A. Roy"),
        ("words of tomorrow", "words of tomorrow"),
    ],
)  # fmt: skip
def test_a_reason_is_said_in_french(reason: str, french: str) -> None:
    from django.utils import translation

    with translation.override("fr"):
        assert in_words(reason) == french


def test_outcomes_offered_are_those_the_rules_know() -> None:
    assert tuple(dossier.OUTCOME_NAMES) == incidents.OUTCOMES
