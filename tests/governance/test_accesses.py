"""Who reads something about a person: the law's own list, what people opened beside it, and the instant."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from necmergitur.governance import accesses, gate
from necmergitur.governance.accesses import ACCESSES, Opened, Reading, place_of
from necmergitur.governance.authorisations import CALLS_FOR_HELP
from necmergitur.governance.breakglass import READERS
from necmergitur.governance.gate import TABLE_AGE_MAX, GateTable, compile_table
from necmergitur.governance.passes import Pass, PassMisused
from necmergitur.kernel.refusal import Refusal

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
CALL, OTHER, GLASS = UUID(int=1), UUID(int=2), UUID(int=3)


def table(*opened: Opened, at: datetime = NOW) -> GateTable:
    return compile_table([], at, opened=opened)


def glass(what: str = "holder", reader: str = "responder") -> Opened:
    return Opened(id=GLASS, place=place_of(CALL), since=NOW, until=NOW + timedelta(minutes=30), glass=(what, reader))


def asks(where: GateTable, *readers: str, at: datetime = NOW, **how: object) -> Pass | str:
    parts: dict[str, object] = {"what": "holder", "purpose": "answer_call", "place": place_of(CALL), "live": True}
    outcome = gate.access(where, Reading(readers=readers, **parts | how), at)  # type: ignore[arg-type]
    return outcome.rule if isinstance(outcome, Refusal) else outcome


def test_a_call_that_is_open_opens_the_name_behind_it_to_whoever_answers() -> None:
    for reader in ("operator", "lead", "duty_officer"):
        under = asks(table(), reader)
        assert isinstance(under, Pass)
        assert (under.authority, under.reader, under.glass) == (CALLS_FOR_HELP, reader, None)
    assert asks(table(), "operator", live=False) == "incident_not_open"
    assert asks(table(), "technician", "administrator", "pilot") == "reader_not_authorised"
    assert asks(table(), "operator", purpose="curiosity") == "purpose_not_authorised"
    assert asks(table(), "operator", what="diary") == "purpose_not_authorised"


def test_a_table_too_old_leaves_help_open_and_shuts_what_people_opened() -> None:
    late = NOW + TABLE_AGE_MAX + MOMENT
    assert isinstance(asks(table(glass()), "operator", at=late), Pass)
    assert asks(table(glass()), "responder", at=late) == "gate_table_stale"
    assert isinstance(asks(table(glass()), "responder", at=late - MOMENT), Pass)


def test_a_glass_opens_one_thing_of_one_call_to_one_role_until_its_last_moment() -> None:
    broken = table(glass())
    under = asks(broken, "pilot", "responder")
    assert isinstance(under, Pass) and under.glass == GLASS and under.reader == "responder"
    over = NOW + timedelta(minutes=30)
    assert isinstance(asks(table(glass(), at=over), "responder", at=over - MOMENT), Pass)
    assert asks(table(glass(), at=over), "responder", at=over) == "authorisation_not_in_force"
    assert asks(table(glass()), "responder", at=NOW - MOMENT) == "authorisation_not_in_force"
    assert asks(broken, "responder", place=place_of(OTHER)) == "place_not_authorised"
    assert asks(broken, "responder", what="still") == "reader_not_authorised"
    assert asks(broken, "responder", purpose="own_data") == "reader_not_authorised", "it widens readers, no purpose"
    assert asks(broken, "technician") == "reader_not_authorised"


def test_whoever_reads_by_their_own_role_uses_no_glass() -> None:
    under = asks(table(glass()), "responder", "operator")
    assert isinstance(under, Pass) and under.glass is None


def test_a_pass_is_given_never_built_and_opens_what_it_names() -> None:
    with pytest.raises(TypeError):
        Pass(object(), what="holder")
    under = asks(table(), "operator")
    assert isinstance(under, Pass)
    with pytest.raises(AttributeError):
        under.what = "still"
    with pytest.raises(PassMisused):
        under.must_be_for("still")
    with pytest.raises(PassMisused):
        under.must_be_for("holder", place=place_of(OTHER))
    under.must_be_for("still", "holder", place=place_of(CALL))


def test_readings_are_read_for_their_papers_purpose_by_its_readers_and_under_a_glass_by_one_more() -> None:
    stream = "sensor:C-1"
    paper = Opened(id=OTHER, place=stream, since=NOW, paper=("crowd_safety", ("lead", "public")))
    broken = Opened(id=GLASS, place=stream, since=NOW, until=NOW + MOMENT, glass=("readings", "pilot"))

    def reads(where: GateTable, *readers: str, **how: object) -> Pass | str:
        return asks(where, *readers, **({"what": "readings", "purpose": "crowd_safety", "place": stream} | how))

    under = reads(table(paper), "lead", "public")
    assert isinstance(under, Pass) and (under.reader, under.authority) == ("lead", OTHER)
    assert reads(table(paper), "pilot") == "reader_not_authorised"
    assert reads(table(paper), "lead", purpose="training") == "reader_not_authorised"
    assert reads(table(paper), "lead", place="sensor:C-2") == "place_not_authorised"
    assert reads(table(paper), "lead", at=NOW - MOMENT) == "authorisation_not_in_force"
    assert reads(table(paper), "lead", at=NOW + TABLE_AGE_MAX + MOMENT) == "gate_table_stale"
    assert isinstance(reads(table(paper, broken), "pilot"), Pass)
    assert reads(table(paper, broken), "pilot", purpose="training") == "reader_not_authorised"
    assert reads(table(broken), "pilot") == "reader_not_authorised", "a glass opens nothing that no paper gathered"


def test_what_a_glass_may_open_is_on_the_list() -> None:
    live = {access.what for access in ACCESSES if access.live}
    assert {"holder": "holder", "stills": "still"}.keys() == READERS.keys() - {"readings"}
    assert {"holder", "still"} <= live
    assert accesses.known("holder", "answer_call") is not None
