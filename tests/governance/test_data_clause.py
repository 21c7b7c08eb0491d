"""An experiment's data clause is signed with the rest, and leaves no trace in terms that have none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from necmergitur.governance.signing import Paper
from necmergitur.governance.terms import DataClause, Terms, canonical, check, data_clause, digest
from tests import signed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
# As the form without a clause gave it before there was one: papers signed then must hold for ever.
BEFORE = "3baddfabd107774ec99f8257da57ca5c6da448cc1c294c5d4ce2ca70661e0763"


def opening(now: datetime = NOW, **changes: Any) -> Terms:
    plain = signed.terms(now)
    clause = DataClause(**{"dataset": "Crowd at the square", "until": plain.valid_until, **changes})
    assert plain.experiment is not None
    experiment = msgspec.structs.replace(plain.experiment, data=clause)
    return msgspec.structs.replace(plain, form=2, experiment=experiment, readers=(*plain.readers, "public_actor"))


def rules(terms: Terms) -> list[str]:
    return [one.rule for one in check(terms, NOW)]


def test_terms_without_a_clause_have_the_digest_they_always_had() -> None:
    terms = signed.terms(NOW)
    assert digest(terms).hex() == BEFORE
    assert b'"data"' not in canonical(terms)
    again = msgspec.json.decode(msgspec.json.encode(Paper(terms=terms)), type=Paper)
    assert again.terms == terms and digest(again.terms).hex() == BEFORE


def test_a_clause_is_part_of_what_is_signed() -> None:
    terms = opening()
    assert rules(terms) == []
    assert digest(terms) != digest(opening(dataset="Another")) != digest(signed.terms(NOW))
    again = msgspec.json.decode(msgspec.json.encode(terms), type=Terms)
    assert data_clause(again) == data_clause(terms) and digest(again) == digest(terms)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"dataset": " "}, "data_dataset_missing"),
        ({"dataset": "x" * 201}, "data_dataset_too_long"),
        ({"until": NOW + timedelta(days=31)}, "data_until_beyond"),
        ({"until": NOW - timedelta(days=1)}, "data_until_beyond"),
    ],
)
def test_a_clause_beyond_its_experiment_is_refused(changes: dict[str, Any], rule: str) -> None:
    assert rules(opening(**changes)) == [rule]


def test_a_clause_has_its_form_and_its_reader() -> None:
    assert rules(msgspec.structs.replace(opening(), form=1)) == ["form_unknown"]
    assert rules(signed.terms(NOW, form=2)) == ["form_unknown"]
    assert rules(msgspec.structs.replace(opening(), readers=("lead",))) == ["data_reader_missing"]
