"""Break-glass: two people, a live incident, half an hour, one scope; and every way to abuse it, refused twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import breakglass as rules
from necmergitur.governance.breakglass import BreakGlass, Who
from necmergitur.governance.constants import BREAK_GLASS_ASKED_LASTS, BREAK_GLASS_LASTS
from necmergitur.governance.sensors import Sensor
from necmergitur.kernel.events import fold
from necmergitur.ledger.ports import StoreRefused
from necmergitur.operations import breakglass, devices, incidents, readings, sensing
from necmergitur.operations.readings import Asked
from necmergitur.operations.sensing import Memory
from tests.operations.accounts import give_role
from tests.operations.scene import LEAD, OPERATOR, Scene, refused
from tests.operations.town import TOWN, install, place
from tests.passes import forged
from tests.streams import STREAM, TECHNICIAN, authorise, body, hear, sensor

ASKER, SECOND = Who(102, "lead"), Who(103, "duty_officer")
DPO, READER = Who(104, "dpo"), Person(105, "Rita")
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def scene(empty_database: str) -> Iterator[Scene]:
    install(empty_database, TOWN)
    for account, role in ((101, "operator"), (102, "lead"), (103, "duty_officer"), (104, "dpo"), (105, "responder")):
        give_role(empty_database, account, role)
    store = PostgresStore(empty_database)
    playing = Scene(store)
    devices.set_holder(store, "B-1", "Madame Durand", LEAD, playing.now)
    yield playing
    store.close()


def ask(scene: Scene, incident_id: UUID, by: Who = ASKER, **more: str) -> Any:
    parts = {"scope": "holder", "readers": "responder", "reason": "nobody answers at the door"} | more
    return breakglass.ask(scene.store, incident_id=incident_id, by=by, now=scene.now, **parts)


def broken(scene: Scene, incident_id: UUID, **more: str) -> BreakGlass:
    asked = ask(scene, incident_id, **more)
    assert isinstance(asked, BreakGlass), asked
    confirmed = breakglass.confirm(scene.store, asked.id, SECOND, scene.now)
    assert isinstance(confirmed, BreakGlass), confirmed
    return confirmed


def read(scene: Scene, incident_id: UUID, by: Person = READER, roles: tuple[str, ...] = ("responder",)) -> Any:
    return devices.open_holder(scene.store, incident_id, "whom to look for", by, roles, scene.now)


def rows(scene: Scene, query: str) -> list[tuple[Any, ...]]:
    with scene.store.cursor() as cursor:
        return cursor.execute(query).fetchall()


def call(scene: Scene) -> UUID:
    return scene.call("B-1", at=place(0, 0)).id


def test_two_people_open_a_holder_to_a_role_that_may_not_and_each_reading_is_told(scene: Scene) -> None:
    incident = call(scene)
    assert refused(read(scene, incident)) == "reader_not_authorised"
    glass = broken(scene, incident)
    assert glass.ends_at == scene.now + BREAK_GLASS_LASTS
    assert read(scene, incident) == "Madame Durand"
    assert rows(scene, "SELECT opened_by, break_glass_id FROM holders.opening") == [("user:105", glass.id)]
    told = [f for f in scene.facts() if f.stream == f"breakglass:{glass.id}"]
    assert [f.kind for f in told] == ["BreakGlassAsked", "BreakGlassConfirmed", "BreakGlassUsed"]
    assert all(b"door" not in f.payload and b"Durand" not in f.payload for f in told)
    assert told[0].personal is not None, "why is sealed beside the fact"
    decoder = msgspec.json.Decoder(rules.BreakGlassEvent)
    with scene.store.transaction() as tx:
        assert fold(rules.evolve, [decoder.decode(f.payload) for f in told]) == tx.glass(glass.id)


def test_a_broken_glass_rings_on_every_screen_and_for_every_dpo_until_it_is_judged(scene: Scene) -> None:
    glass = broken(scene, call(scene))
    alarm = "SELECT name FROM system_alarm WHERE cleared_at IS NULL"
    assert rows(scene, alarm) == [("break_glass",)]
    assert rows(scene, "SELECT kind FROM outbox WHERE dedupe LIKE 'break_glass:%'") == [("break_glass",)]
    assert breakglass.review(scene.store, glass.id, DPO, "nobody else could", scene.now, justified=True)
    assert rows(scene, alarm) == []


def test_nobody_confirms_their_own_wish(scene: Scene) -> None:
    asked = ask(scene, call(scene))
    again = Who(ASKER.id, "duty_officer")
    assert refused(breakglass.confirm(scene.store, asked.id, again, scene.now)) == "break_glass_two_people"
    assert (
        refused(breakglass.confirm(scene.store, asked.id, Who(101, "operator"), scene.now)) == "break_glass_not_yours"
    )
    assert refused(ask(scene, asked.incident_id, Who(101, "operator"))) == "break_glass_not_yours"


def test_it_is_confirmed_within_ten_minutes_and_while_the_incident_is_live(scene: Scene) -> None:
    incident = call(scene)
    late = ask(scene, incident)
    scene.wait(BREAK_GLASS_ASKED_LASTS.total_seconds())
    assert refused(breakglass.confirm(scene.store, late.id, SECOND, scene.now)) == "break_glass_asked_too_long_ago"
    asked = ask(scene, incident)
    incidents.close(scene.store, incident, "helped", OPERATOR, scene.now)
    assert refused(breakglass.confirm(scene.store, asked.id, SECOND, scene.now)) == "incident_not_open"
    assert refused(ask(scene, incident)) == "incident_not_open"


def test_it_opens_nothing_from_the_thirtieth_minute_on(scene: Scene) -> None:
    incident = call(scene)
    broken(scene, incident)
    scene.wait(BREAK_GLASS_LASTS.total_seconds() - 1)
    assert read(scene, incident) == "Madame Durand"
    scene.wait(1)
    assert refused(read(scene, incident)) == "authorisation_not_in_force"


def test_it_opens_one_scope_of_one_incident_to_one_role(scene: Scene) -> None:
    incident, other = call(scene), scene.call("B-2", at=place(600, 600)).id
    glass = broken(scene, incident)
    assert refused(read(scene, other)) == "place_not_authorised"
    assert refused(read(scene, incident, roles=("technician", "administrator"))) == "reader_not_authorised"
    who = Who(105, "responder")
    assert refused(rules.use(glass, "stills", incident, "x", who, scene.now, live=True)) == "break_glass_other_scope"
    assert refused(rules.use(glass, "holder", other, "x", who, scene.now, live=True)) == "break_glass_other_scope"
    assert refused(ask(scene, incident, readers="administrator")) == "break_glass_readers_unknown"


def test_the_next_waits_until_a_dpo_who_took_no_part_has_judged_the_last(scene: Scene) -> None:
    incident = call(scene)
    waiting = ask(scene, incident)
    glass = broken(scene, incident)
    assert refused(breakglass.confirm(scene.store, waiting.id, SECOND, scene.now)) == "break_glass_unreviewed"
    scene.wait(7_200)
    assert refused(ask(scene, incident)) == "break_glass_unreviewed", "nor once it is long over"

    def judge(by: Who, words: str = "they could have rung") -> Any:
        return breakglass.review(scene.store, glass.id, by, words, scene.now, justified=False)

    assert refused(judge(ASKER)) == "break_glass_dpo_only"
    assert refused(judge(Who(SECOND.id, "dpo"))) == "break_glass_own_review"
    assert refused(judge(DPO, " ")) == "reason_missing"
    assert isinstance(judge(DPO), BreakGlass)
    assert refused(judge(DPO)) == "break_glass_reviewed"
    assert isinstance(ask(scene, incident), BreakGlass)


def test_a_judgement_while_it_is_open_ends_it(scene: Scene) -> None:
    incident = call(scene)
    glass = broken(scene, incident)
    breakglass.review(scene.store, glass.id, DPO, "no need", scene.wait(60), justified=False)
    assert refused(read(scene, incident)) == "authorisation_not_in_force"


def test_whoever_asked_takes_it_back_and_nobody_else(scene: Scene) -> None:
    asked = ask(scene, call(scene))
    assert refused(breakglass.withdraw(scene.store, asked.id, SECOND, scene.now)) == "break_glass_not_yours"
    assert isinstance(breakglass.withdraw(scene.store, asked.id, ASKER, scene.now), BreakGlass)
    assert refused(breakglass.confirm(scene.store, asked.id, SECOND, scene.now)) == "break_glass_decided"


def test_readings_of_one_sensor_are_opened_to_a_role_its_paper_does_not_name(scene: Scene) -> None:
    scene.now = datetime.now(UTC)  # the database's own clock shuts readings again
    assert isinstance(sensing.enrol(scene.store, sensor(scene.now), TECHNICIAN, scene.now), Sensor)
    authorise(scene.store, scene.now, readers=("lead",))
    hear(scene.store, Memory(), scene.now, body(scene.now, 1))
    glass = broken(scene, call(scene), scope="readings", readers="responder", stream=STREAM)

    def look(**changes: Any) -> Any:
        asked = Asked(
            stream=STREAM,
            role="responder",
            purpose="crowd_safety",
            since=scene.now - timedelta(hours=1),
            until=scene.now + timedelta(hours=1),
            by=READER,
            glass=glass.id,
        )
        return readings.read(scene.store, msgspec.structs.replace(asked, **changes), scene.now)

    assert refused(look(glass=None)) == "reader_not_authorised"
    assert len(look()) == 1
    assert refused(look(role="technician")) == "reader_not_authorised"
    assert refused(look(purpose="maintenance")) == "purpose_not_authorised", "it widens readers, never the purpose"
    assert refused(look(glass=UUID(int=5))) == "break_glass_unknown"
    with scene.store.transaction() as tx:
        assert tx.glass(glass.id).uses == 1
    scene.wait(BREAK_GLASS_LASTS.total_seconds())
    assert refused(look()) == "authorisation_not_in_force"


# --- behind the rules' back: what PostgreSQL refuses by itself ------------------------------------------------


def forced(scene: Scene, state: BreakGlass, event: rules.BreakGlassEvent, by: Who, review: str | None = None) -> str:
    """Append a fact no rule allowed, and store what it says; return the guard that fired."""
    after = rules.evolve(state, event)
    with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
        tx.change_glass(after, breakglass._append(tx, after, event, by, scene.now), review)
    return caught.value.code


def confirmed(by: Who, at: datetime, lasts: timedelta = BREAK_GLASS_LASTS) -> rules.BreakGlassConfirmed:
    return rules.BreakGlassConfirmed(by, at, at + lasts)


def test_postgresql_refuses_a_confirmation_of_ones_own_by_a_stranger_for_longer_or_too_late(scene: Scene) -> None:
    incident = call(scene)
    asked = ask(scene, incident)
    late = asked.asked_at + BREAK_GLASS_ASKED_LASTS
    for event in (
        confirmed(Who(ASKER.id, "lead"), scene.now),
        confirmed(Who(101, "lead"), scene.now),  # an operator who says lead
        confirmed(Who(999, "lead"), scene.now),  # nobody
        confirmed(Who(SECOND.id, "operator"), scene.now),
        confirmed(SECOND, scene.now, BREAK_GLASS_LASTS + MOMENT),
        confirmed(SECOND, late),
    ):
        assert forced(scene, asked, event, event.by) == "NM012", event
    incidents.close(scene.store, incident, "helped", OPERATOR, scene.now)
    assert forced(scene, asked, confirmed(SECOND, scene.now), SECOND) == "NM012"


def test_postgresql_refuses_a_second_glass_while_one_is_not_judged(scene: Scene) -> None:
    incident = call(scene)
    waiting = ask(scene, incident)
    glass = broken(scene, incident)
    assert forced(scene, waiting, confirmed(SECOND, scene.now), SECOND) == "NM012"
    judged = rules.BreakGlassReviewed(Who(ASKER.id, "dpo"), True, scene.now)
    assert forced(scene, glass, judged, ASKER, "fine") == "NM012"
    judged = rules.BreakGlassReviewed(Who(105, "dpo"), True, scene.now)
    assert forced(scene, glass, judged, ASKER, "fine") == "NM012", "a responder is no DPO"


def test_postgresql_refuses_a_reading_that_no_role_and_no_glass_opens(scene: Scene) -> None:
    incident, other = call(scene), scene.call("B-2", at=place(600, 600)).id

    def opening(by: int, of: UUID, glass: UUID | None, at: datetime) -> str:
        under = forged(incident=of, reader="operator" if glass is None else "responder", glass=glass)
        with pytest.raises(StoreRefused) as caught, scene.store.transaction() as tx:
            tx.open_holder("B-1", of, f"user:{by}", "curious", under, at)
        return caught.value.code

    assert opening(105, incident, None, scene.now) == "NM013"
    glass = broken(scene, incident)
    over = scene.now + BREAK_GLASS_LASTS
    assert opening(105, other, glass.id, scene.now) == "NM013", "another incident"
    assert opening(104, incident, glass.id, scene.now) == "NM013", "another role"
    assert opening(105, incident, glass.id, over) == "NM013", "half an hour later"
    with scene.store.transaction() as tx:
        under = forged(incident=incident, reader="responder", glass=glass.id)
        tx.open_holder("B-1", incident, "user:105", "whom to look for", under, over - MOMENT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE breakglass SET ends_at = NULL, confirmed_at = NULL, confirmed_by = NULL",
        "UPDATE breakglass SET readers = 'technician'",
        "UPDATE breakglass SET incident_id = (SELECT id FROM incident WHERE id <> incident_id LIMIT 1)",
        "UPDATE breakglass SET reviewed_by = 104, reviewed_at = now(), justified = true, review = 'x'",
        "UPDATE breakglass SET reason = 'a better one'",
        "UPDATE breakglass SET uses = 0, version = version + 1",
        "DELETE FROM breakglass",
        "TRUNCATE breakglass CASCADE",
    ],
)
def test_not_even_the_owner_rewrites_a_glass(scene: Scene, empty_database: str, statement: str) -> None:
    incident = call(scene)
    scene.call("B-2", at=place(600, 600))
    broken(scene, incident)
    read(scene, incident)
    with pytest.raises(psycopg.DatabaseError) as caught, psycopg.connect(empty_database) as owner:
        owner.execute(statement)
    assert caught.value.sqlstate in ("NM012", "NM003"), caught.value
