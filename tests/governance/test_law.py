"""The law is data: what it forbids is refused, what ended opens nothing new, and every rule says where it comes from."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from necmergitur.adapters.law import read, rules
from necmergitur.governance import law
from necmergitur.governance.law import Rule, Words
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.terms import PURPOSES
from tests import signed

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
UNDER_DECREE = {
    "modality": "drone_camera",
    "law": ("drone_decree_2023_283",),
    "operator_class": "civil_security",
    "retention_days": 7,
}


def against(now: datetime = NOW, under: tuple[Rule, ...] | None = None, **changes: Any) -> list[str]:
    asked = signed.terms(now, **changes)
    return [one.rule for one in law.against(asked, rules() if under is None else under, now)]


def test_a_trial_of_counting_has_nothing_against_it() -> None:
    assert against() == []


@pytest.mark.parametrize("modality", ["sound", "voice", "biometric", "face", "emotion"])
def test_sound_and_biometrics_are_refused_whatever_the_purpose(modality: str) -> None:
    for purpose in PURPOSES:
        assert "law_forbids" in against(modality=modality, purpose=purpose)


def test_a_drone_camera_is_bounded_by_its_decree() -> None:
    assert against(**UNDER_DECREE) == []
    assert against(**UNDER_DECREE | {"law": ()}) == ["law_not_named"]
    assert against(**UNDER_DECREE | {"retention_days": 8}) == ["law_retention"]
    assert against(**UNDER_DECREE | {"purpose": "training"}) == ["law_purpose"]
    assert against(**UNDER_DECREE | {"operator_class": "municipal_police"}) == ["law_operator"]


def test_what_ended_opens_nothing_new_from_the_day_after_its_last() -> None:
    under = {"modality": "augmented_camera", "law": ("augmented_cameras_2023_380",)}
    last = datetime(2025, 3, 31, 23, 59, 59, tzinfo=UTC)
    assert against(last, **under) == ["law_ends_first"], "it would outlive the law it rests on"
    assert against(last, **under, valid_until=last + timedelta(seconds=1)) == []
    assert against(last + timedelta(seconds=1), **under) == ["law_ended", "law_ended"]


def test_terms_cannot_rest_on_a_law_that_is_not_in_force_yet_or_that_nobody_knows() -> None:
    assert against(datetime(2023, 5, 19, tzinfo=UTC), law=("augmented_cameras_2023_380",)) == ["law_not_yet"]
    assert against(law=("made_up",)) == ["law_unknown"]


def test_two_laws_leave_what_both_allow() -> None:
    def rule(name: str, purposes: tuple[str, ...]) -> Rule:
        words = Words(fr=name, en=name)
        return Rule(id=name, title=words, says=words, source="x", starts=date(2020, 1, 1), purposes=purposes)

    both = (rule("one", ("a", "b", "c")), rule("other", ("c", "b")))
    assert law.purposes(both, "crowd_count", NOW) == ("b", "c")
    assert law.purposes((), "crowd_count", NOW) == ()


def test_every_modality_that_has_a_type_is_lawful_for_some_purpose() -> None:
    for modality in MODALITIES:
        assert law.modality_refused(rules(), modality, (), NOW) == []
        assert set(law.purposes(rules(), modality, NOW)) <= PURPOSES


def test_every_rule_says_in_both_languages_what_it_means_and_where_it_comes_from() -> None:
    for rule in rules():
        assert rule.source and rule.url.startswith("https://")
        # An address made of a text's own date and number can be checked by eye; a serial number of a database cannot.
        if named := re.search(r"/eli/\w+/(\d{4})/(\d+)/(\d+)/(\d{4}-\d+)/", rule.url):
            assert named[4] in rule.source and named[1] in rule.source and named[3] in rule.source
        for words in (rule.title, rule.says, *rule.owes):
            assert words.fr and words.en and words.fr != words.en
        assert rule.ends is None or rule.ends > rule.starts


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda text: text.replace("starts =", "start ="), "start"),
        (lambda text: text.replace("2019-10-25", '"soon"', 1), "planted.toml"),
        (lambda text: text, "its id is sound_sensors"),
    ],
)
def test_a_rule_file_with_a_slip_stops_the_start_and_names_itself(
    tmp_path: Path, break_it: Callable[[str], str], why: str
) -> None:
    from necmergitur.adapters.law import FOLDER

    text = (FOLDER / "sound_sensors.toml").read_text(encoding="utf-8")
    (tmp_path / "planted.toml").write_text(break_it(text), encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        read(tmp_path)


def test_a_rule_that_is_planted_is_obeyed_without_a_line_of_code() -> None:
    words = Words(fr="Pas de comptage", en="No counting")
    planted = Rule(
        id="planted", title=words, says=words, source="x", starts=date(2020, 1, 1), modalities=("crowd_count",),
        forbids=True,
    )  # fmt: skip
    assert against(under=(*rules(), planted)) == ["law_forbids"]
    ended = msgspec.structs.replace(planted, ends=date(2021, 1, 1))
    assert against(under=(*rules(), ended)) == []
