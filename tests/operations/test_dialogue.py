"""What the record keeps of a dialogue, on both stores."""

from datetime import timedelta
from uuid import UUID

import pytest

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.dialogue import DialogueAnswered, DialogueClosed, DialogueOpened, stream_of
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import dialogue
from tests.operations.scene import Scene

DPO = Person(7, "Dominique")
SUBJECT = UUID(int=5)


def asked(scene: Scene, **changes: object) -> DialogueOpened:
    values = {
        "subject_kind": "assessment",
        "subject_id": SUBJECT,
        "title_fr": "Un compteur de foule",
        "title_en": "A crowd counter",
        "question": "What should the city look after?",
        "closes_at": scene.now + timedelta(days=14),
    } | changes
    return DialogueOpened(**values)  # type: ignore[arg-type]


def facts(scene: Scene, dialogue_id: UUID) -> list[tuple[str, int, str]]:
    with scene.store.transaction() as tx:
        return [(f.kind, f.version, f.actor) for f in tx.stream(stream_of(dialogue_id))]


def test_opening_answers_and_closing_are_facts_in_order(scene: Scene) -> None:
    made = scene.store.ids.new()
    assert dialogue.open_dialogue(scene.store, made, asked(scene), DPO, scene.now)
    answered = DialogueAnswered(3, "aa", "bb")
    closed = DialogueClosed("00", 120, 20, (3,))
    later = scene.now + timedelta(days=14)
    assert dialogue.close_dialogue(scene.store, made, closed, None, later) == (closed, later)
    assert dialogue.record_answer(scene.store, made, answered, DPO, later) is None
    assert facts(scene, made) == [
        ("DialogueOpened", 1, "user:7"),
        ("DialogueClosed", 2, "web:dialogue"),
        ("DialogueAnswered", 3, "user:7"),
    ]


def test_a_dialogue_ends_once_whatever_is_said_after(scene: Scene) -> None:
    made = scene.store.ids.new()
    dialogue.open_dialogue(scene.store, made, asked(scene), DPO, scene.now)
    first = DialogueClosed("00", 120, 20, (3,))
    dialogue.close_dialogue(scene.store, made, first, DPO, scene.now)
    other = DialogueClosed("ff", 1, 1, ())
    assert dialogue.close_dialogue(scene.store, made, other, None, scene.now + timedelta(hours=1)) == (first, scene.now)
    assert len(facts(scene, made)) == 2


def test_the_same_answer_twice_is_one_fact_and_a_new_one_another(scene: Scene) -> None:
    made = scene.store.ids.new()
    dialogue.open_dialogue(scene.store, made, asked(scene), DPO, scene.now)
    for answer in ("bb", "bb", "cc"):
        dialogue.record_answer(scene.store, made, DialogueAnswered(3, "aa", answer), DPO, scene.now)
    assert [kind for kind, *_ in facts(scene, made)] == ["DialogueOpened", "DialogueAnswered", "DialogueAnswered"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"subject_kind": "rumour"}, "dialogue_subject_unknown"),
        ({"title_en": " "}, "dialogue_title_en_missing"),
        ({"question": ""}, "dialogue_question_missing"),
        ({"question": "x" * 1_001}, "dialogue_question_too_long"),
    ],
)
def test_a_dialogue_nobody_could_understand_is_not_opened(scene: Scene, change: dict[str, str], rule: str) -> None:
    made = scene.store.ids.new()
    refused = dialogue.open_dialogue(scene.store, made, asked(scene, **change), DPO, scene.now)
    assert isinstance(refused, Refusal) and refused.rule == rule
    assert facts(scene, made) == []


def test_a_dialogue_that_would_be_over_is_not_opened(scene: Scene) -> None:
    refused = dialogue.open_dialogue(
        scene.store, scene.store.ids.new(), asked(scene, closes_at=scene.now), DPO, scene.now
    )
    assert isinstance(refused, Refusal) and refused.rule == "dialogue_closes_past"


def test_what_never_opened_is_neither_answered_nor_closed(scene: Scene) -> None:
    nothing = scene.store.ids.new()
    for refused in (
        dialogue.record_answer(scene.store, nothing, DialogueAnswered(1, "aa", "bb"), DPO, scene.now),
        dialogue.close_dialogue(scene.store, nothing, DialogueClosed("00", 0, 0, ()), None, scene.now),
    ):
        assert isinstance(refused, Refusal) and refused.rule == "dialogue_unknown"
