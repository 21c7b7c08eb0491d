"""The gate: a sensor or a flight needs a current authorisation; a call for help never waits for one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from necmergitur.governance import authorisations, gate
from necmergitur.governance.authorisations import (
    CALLS_FOR_HELP,
    RECORD_OF_DECISIONS,
    STANDING,
    Authorisation,
    AuthorisationGranted,
    Conditions,
)
from necmergitur.governance.gate import Request, compile_table
from necmergitur.kernel.events import Fact
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim import papers

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def law(**changes: object) -> Authorisation:
    base = Authorisation(
        id=UUID(int=7),
        kind="flight",
        label="Flights in March",
        purpose="emergency_response",
        legal_basis="Prefect's order",
        holder="city",
        modality="drone_flight",
        zones=None,
        streams=None,
        valid_from=NOW - HOUR,
        valid_until=NOW + HOUR,
        conditions=Conditions(),
        demo=False,
        granted_by="user:1",
        granted_at=NOW - HOUR,
    )
    return msgspec.structs.replace(base, **changes)


def ask(zone: str | None = "Z-1", **changes: object) -> Request:
    base = Request(modality="drone_flight", purpose="emergency_response", stream="fleet", zone_id=zone)
    return msgspec.structs.replace(base, **changes)


def find(*laws: Authorisation, request: Request | None = None, now: datetime = NOW) -> Authorisation | Refusal:
    return compile_table(laws, now).find(request or ask(), now)


class Happened(msgspec.Struct, frozen=True, tag=True):
    what: str


FACTS = [Fact(stream="x:1", version=1, event=Happened("a"), actor="test")]


def test_a_current_authorisation_covers_what_it_names() -> None:
    assert find(law()) == law()
    assert find(law(zones=("Z-1", "Z-2"))).id == law().id
    assert find(law(streams=("fleet",))).id == law().id


@pytest.mark.parametrize(
    ("change", "request_", "rule"),
    [
        ({"modality": "people_counting"}, {}, "no_authorisation"),
        ({"purpose": "surveying"}, {}, "no_authorisation"),
        ({"zones": ("Z-9",)}, {}, "no_authorisation"),
        ({"zones": ("Z-1",)}, {"zone_id": None}, "no_authorisation"),
        ({"streams": ("camera",)}, {}, "no_authorisation"),
        ({"valid_from": NOW + HOUR, "valid_until": NOW + 2 * HOUR}, {}, "authorisation_not_yet"),
        ({"valid_until": NOW}, {}, "authorisation_expired"),
        ({"revoked_at": NOW, "revoked_by": "Leo"}, {}, "authorisation_revoked"),
    ],
)
def test_anything_else_is_refused_by_name(change, request_, rule) -> None:
    found = find(law(**change), request=ask(**request_))
    assert isinstance(found, Refusal)
    assert found.rule == rule


def test_a_refusal_says_which_authorisation_and_until_when() -> None:
    later = law(valid_from=NOW + HOUR, valid_until=NOW + 2 * HOUR)
    found = find(later)
    assert isinstance(found, Refusal)
    assert (found.until, found.owner, found.facts) == (NOW + HOUR, "user:1", {"authorisation": "Flights in March"})


def test_one_that_lapsed_does_not_hide_one_that_holds() -> None:
    assert find(law(id=UUID(int=1), valid_until=NOW), law(id=UUID(int=2))).id == UUID(int=2)


def test_the_window_holds_its_start_and_not_its_end() -> None:
    assert law().current(NOW - HOUR)
    assert not law().current(NOW + HOUR)
    assert law(revoked_at=NOW).current(NOW - timedelta(microseconds=1))
    assert not law(revoked_at=NOW).current(NOW)


def test_a_table_older_than_a_second_closes_flights_and_leaves_calls_open() -> None:
    table = compile_table([law()], NOW)
    on_time, late = NOW + timedelta(seconds=1), NOW + timedelta(seconds=1, microseconds=1)
    assert isinstance(gate.admit(table, ask(), FACTS, on_time), list)
    for outcome in (gate.admit(table, ask(), FACTS, late), gate.admit_under(table, law().id, FACTS, late)):
        assert isinstance(outcome, Refusal)
        assert outcome.rule == "gate_table_stale"
    assert [a.authorisation_id for a in gate.admit_call_for_help(FACTS, late)] == [CALLS_FOR_HELP]
    assert [a.authorisation_id for a in gate.admit_record(FACTS, late)] == [RECORD_OF_DECISIONS]


def test_standing_authorisations_open_no_sensor() -> None:
    standing = law(id=CALLS_FOR_HELP, kind="standing", modality="drone_flight", valid_until=None)
    assert isinstance(find(standing), Refusal)
    assert isinstance(gate.admit_under(compile_table([standing], NOW), CALLS_FOR_HELP, FACTS, NOW), Refusal)


def test_what_is_admitted_carries_the_authorisation_found_and_the_instant() -> None:
    (admitted,) = gate.admit(compile_table([law()], NOW), ask(), FACTS, NOW)
    assert (admitted.authorisation_id, admitted.at, admitted.fact) == (law().id, NOW, FACTS[0])


def test_a_mission_keeps_the_authorisation_it_was_offered_under_while_it_is_current() -> None:
    table = compile_table([law(), law(id=UUID(int=8), revoked_at=NOW)], NOW)
    assert gate.admit_under(table, UUID(int=7), FACTS, NOW)[0].authorisation_id == UUID(int=7)
    for authorisation_id, rule in ((UUID(int=8), "authorisation_revoked"), (UUID(int=9), "no_authorisation")):
        outcome = gate.admit_under(table, authorisation_id, FACTS, NOW)
        assert isinstance(outcome, Refusal)
        assert outcome.rule == rule


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 5), st.none() | st.integers(-5, 5)), max_size=6),
    st.integers(-8, 12),
)
def test_the_gate_opens_exactly_while_some_authorisation_is_in_force(windows, hour: int) -> None:
    laws = [
        law(
            id=UUID(int=n + 10),
            valid_from=NOW + start * HOUR,
            valid_until=NOW + (start + lasts) * HOUR,
            revoked_at=None if revoked is None else NOW + revoked * HOUR,
        )
        for n, (start, lasts, revoked) in enumerate(windows)
    ]
    now = NOW + hour * HOUR
    in_force = [
        a.id
        for a in laws
        if a.valid_from <= now < a.valid_until and not (a.revoked_at is not None and a.revoked_at <= now)
    ]
    found = find(*laws, now=now)
    assert (found.id in in_force) if isinstance(found, Authorisation) else in_force == []


# --- granting and revoking ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"kind": "standing"}, "standing_is_not_granted"),
        ({"id": CALLS_FOR_HELP}, "standing_is_not_granted"),
        ({"label": "  "}, "label_missing"),
        ({"legal_basis": ""}, "legal_basis_missing"),
        ({"holder": "x" * 201}, "holder_too_long"),
        ({"valid_until": None}, "valid_until_missing"),
        ({"valid_until": NOW - HOUR}, "valid_until_before_start"),
        ({"valid_from": NOW - 2 * HOUR, "valid_until": NOW}, "valid_until_past"),
        ({"zones": ()}, "zones_empty"),
    ],
)
def test_an_authorisation_lacking_something_is_not_granted(change, rule) -> None:
    outcome = authorisations.grant(law(**change), papers.assessment_of(law(), NOW), NOW, rules=())
    assert isinstance(outcome, Refusal)
    assert outcome.rule == rule


def entered() -> AuthorisationGranted | Refusal:
    on = papers.assessment_of(law(), NOW)
    return authorisations.grant(law(rests_on=papers.on(on)), on, NOW, rules=())


def test_granting_and_revoking_are_two_facts() -> None:
    granted = entered()
    state = authorisations.evolve(None, granted)
    revoked = authorisations.revoke(state, "Leo", " judge's order ", NOW)
    after = authorisations.evolve(state, revoked)
    assert (after.revoked_at, after.revoked_by, after.revoked_reason, after.version) == (
        NOW,
        "Leo",
        "judge's order",
        2,
    )
    assert authorisations.revoke(after, "Leo", "again", NOW).rule == "already_revoked"


def test_revoking_owes_a_reason_and_spares_the_standing() -> None:
    assert authorisations.revoke(law(), "Leo", " ", NOW).rule == "reason_missing"
    for standing in STANDING:
        assert authorisations.revoke(law(id=standing), "Leo", "why", NOW).rule == "standing_is_not_revoked"


def test_a_story_that_starts_with_a_revocation_is_broken() -> None:
    event = authorisations.revoke(law(), "Leo", "why", NOW)
    with pytest.raises(ValueError, match="before granted"):
        authorisations.evolve(None, event)
    assert isinstance(entered(), AuthorisationGranted)
