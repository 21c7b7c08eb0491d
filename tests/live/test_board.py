"""The board's promises: nothing that was committed is missed, two browsers agree, and what is stale says so."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.live import app, board, readings
from necmergitur.live.board import Board
from necmergitur.live.fleet import FORGET_S, SILENT_S, FleetPicture
from necmergitur.live.readings import Readings
from necmergitur.web.console import state
from tests.live.serving import Event, Follower, Live
from tests.web.pages import City

ROW = ["D-1", 2.35, 48.85, 60.0, 90, 15.0, 80.0, "transit", 99, 1, None]


def rows_of(cut: readings.Cut | None, name: str) -> list[dict[str, Any]]:
    assert cut is not None
    events = [event.decode() for event in cut.events]
    return [msgspec.json.decode(e.partition("data: ")[2]) for e in events if e.startswith(f"event: {name}\n")]


def folded(events: list[Event], into: dict[str, dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    """Fold incident and mission rows as the front end does: the later version wins."""
    held = dict(into or {})
    for event in events:
        row = event.data
        if row["id"] not in held or row["version"] >= held[row["id"]]["version"]:
            held[row["id"]] = row
    return held


def calls(city: City, count: int, first: int = 1) -> list[str]:
    """Make `count` incidents that nobody takes for one: each from a personal button of its own."""
    made = []
    for number in range(first, first + count):
        city.sql(
            "INSERT INTO device (id, kind, transport, label, installed_at) VALUES (%s, 'personal', 'https', '', now())",
            f"q-{number}",
        )
        made.append(str(city.person_press(f"q-{number}", lon=2.34 + number / 500)))
    assert len(set(made)) == count
    return made


@pytest.fixture
def operator(session: Callable[[str], str]) -> str:
    return session("operator")


# --- calls before drills -------------------------------------------------------------------------------


def test_a_drill_of_more_buttons_than_a_board_holds_pushes_no_call_off_it(city: City) -> None:
    """The engine closes what was rehearsed; while it is away tests pile up, and what somebody acts on has no deadline."""
    acting, test = city.press("b-1"), city.press("b-2", "test")
    city.sql("UPDATE incident SET due_at = NULL, opened_at = opened_at - interval '1 hour' WHERE id = %s", acting)
    city.sql(
        "INSERT INTO incident SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'number', 't-' || n))).*"
        " FROM incident i, generate_series(1, 2000) n WHERE i.id = %s",
        test,
    )
    first = city.sql(readings.SQL["incidents_now"])[0][0]
    assert msgspec.json.decode(first)["id"] == str(acting)
    assert state.current_incidents(datetime.now(UTC))[0].id == acting


# --- nothing is missed --------------------------------------------------------------------------------


def test_a_row_committed_between_two_reads_comes_with_the_next_cut(city: City, live: Live) -> None:
    incident = city.press()

    class Racing(PostgresStore):
        """A mission of the first incident and a second incident are written while the first query runs."""

        raced = False

        @contextmanager
        def cursor(self) -> Iterator[Any]:
            with super().cursor() as cursor:

                def racing(query: Any, *more: Any) -> Any:
                    if query == readings.SQL["missions_since"] and not Racing.raced:
                        Racing.raced = True
                        city.press("b-2")
                        city.mission(incident)
                    return cursor.execute(query, *more)

                yield SimpleNamespace(execute=racing)

    store = PostgresStore(city.url)
    racing = Racing(city.url)
    try:
        before = Readings(racing).changed(0)
        assert Racing.raced
        assert before is not None
        assert len(rows_of(before, "incident")) == 1
        after = Readings(store).changed(before.upto)
    finally:
        racing.close()
        store.close()
    assert len(rows_of(after, "mission")) == 1
    assert {row["label"] for row in rows_of(after, "incident")} >= {"Quai du Port 2"}


def test_more_rows_than_one_read_holds_all_come(
    city: City, live: Live, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "ROWS_MAX", 2)
    made = set(calls(city, 7))
    with live.follow(operator, after=0) as browser:
        browser.until("incident", count=len(made))
        assert set(folded(browser.named("incident"))) == made
        # And what happens while the screen watches, of which one commit changes more than one read holds.
        city.sql("UPDATE incident SET version = version + 1, last_seq = (SELECT max(seq) FROM ledger_event)")
        city.press("b-1")
        deadline = time.monotonic() + 10
        while folded(browser.named("incident")).keys() == made and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(folded(browser.named("incident"))) == len(made) + 1


def test_the_rows_of_one_batch_are_never_torn_apart(city: City, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "ROWS_MAX", 2)
    calls(city, 5)
    seq = city.sql("SELECT max(seq) FROM ledger_event")[0][0]
    city.sql("UPDATE incident SET last_seq = %s", seq)
    cut = Readings(live.parts.store).changed(0)
    assert len(rows_of(cut, "incident")) == 5
    assert cut is not None
    ids = [event.count(b"\nid: ") for event in cut.events]
    # A browser that was cut off inside the batch asks for the whole batch again.
    assert ids == [0, 0, 0, 0, 1]


def test_a_browser_that_comes_back_gets_all_that_changed_and_nothing_else(
    city: City, live: Live, operator: str
) -> None:
    first = calls(city, 1)[0]
    with live.follow(operator, after=0) as browser:
        browser.until("incident")
        last = browser.last_id
    assert last is not None
    missed = set(calls(city, 6, first=2))
    with live.follow(operator, **{"Last-Event-ID": str(last)}) as browser:
        browser.until("incident", count=len(missed))
        assert set(folded(browser.named("incident"))) == missed
        assert first not in folded(browser.named("incident"))


def test_a_browser_that_missed_too_much_starts_over(
    city: City, live: Live, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "ROWS_MAX", 1)
    calls(city, board.REPLAY_CUTS_MAX + 2)
    with live.follow(operator, after=0) as browser:
        browser.until("reset")
        assert browser.ended.wait(5)


@pytest.mark.parametrize("after", ["9" * 40, "9223372036854775808", "-1", "junk", "999999", "%C2%B2"])
def test_an_event_id_that_no_ledger_gave_starts_over(live: Live, operator: str, after: str) -> None:
    with live.follow(operator, after=after) as browser:
        browser.until("reset")
        assert browser.ended.wait(5)


def test_proposals_come_whole_to_a_browser_that_returns(city: City, live: Live, operator: str) -> None:
    one, other = calls(city, 2)
    city.sql(
        "INSERT INTO proposal (id, incident_id, other_id, score, reason, proposed_at)"
        " VALUES (gen_random_uuid(), %s, %s, 0.7, 'near', now())",
        one,
        other,
    )
    with live.follow(operator) as browser:
        while not browser.until("proposals")[-1].data:
            time.sleep(0.05)
        assert len(live.ask("/live/state", operator)[1]["proposals"]) == 1
    # Decided while nobody looked, and so long ago that no window of minutes remembers it.
    city.sql("UPDATE proposal SET state = 'dismissed', decided_at = now() - interval '1 hour', decided_by = 'x'")
    time.sleep(board.ASIDES_EVERY_S + board.POLL_S)
    with live.follow(operator, after=0) as browser:
        assert browser.until("proposals")[-1].data == []


def test_two_browsers_agree_with_each_other_and_with_the_state(city: City, live: Live, operator: str) -> None:
    city.person_press()
    start = live.ask("/live/state", operator)[1]
    held = {row["id"]: row for name in ("incidents", "missions") for row in start[name]}
    with live.follow(operator, start["seq"]) as early:
        city.mission(city.person_press("p-2", lon=2.349))
        city.press("b-2")
        city.press("b-2")
        early.until("mission")
        with live.follow(operator, start["seq"]) as late:
            city.press("b-1")
            for browser in (early, late):
                browser.until("mission")
            time.sleep(0.5)
            now = live.ask("/live/state", operator)[1]
            truth = {row["id"]: row for name in ("incidents", "missions") for row in now[name]}
            assert len(truth) == 5
            for browser in (early, late):
                assert folded(browser.named("incident", "mission"), held) == truth


# --- slow, signed out, stale --------------------------------------------------------------------------


def test_a_browser_too_slow_to_drink_is_told_to_start_over(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "BACKLOG_BYTES_MAX", 1_000)

    async def lag() -> list[bytes]:
        feed = Board(live.parts)
        events = feed.events(None, whole=True)
        got = [await anext(events)]
        for _ in range(50):
            feed._tell(b"x" * 100)
        return got + [event async for event in events]

    assert asyncio.run(lag())[-1] == board.RESET


def test_signing_out_ends_the_stream(city: City, live: Live, operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SESSION_CHECK_S", 0.2)
    with live.follow(operator) as browser:
        browser.until("beat")
        assert not browser.ended.is_set()
        city.sql("DELETE FROM live_session")
        assert browser.ended.wait(5)


def alarms(browser: Follower) -> list[str]:
    return [one["name"] for one in browser.until("alarms")[-1].data]


def wait_for(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_database_that_is_away_is_said_and_its_return_too(
    city: City, live: Live, operator: str, postgres: EmbeddedPostgres
) -> None:
    name = conninfo_to_dict(city.url)["dbname"]
    with live.follow(operator) as browser, psycopg.connect(postgres.url_of("postgres"), autocommit=True) as owner:
        browser.until("beat", count=2)
        owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            wait_for(lambda: alarms(browser) == ["database_lost"])
        finally:
            owner.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        wait_for(lambda: alarms(browser) == [])
        pressed = str(city.press())
        wait_for(lambda: pressed in folded(browser.named("incident")))


def test_a_database_that_hangs_is_said_and_the_stream_does_not_pretend_to_live(
    city: City, live: Live, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "READ_S_MAX", 0.5)
    monkeypatch.setattr(board, "READ_S_MAX", 0.5)
    with live.follow(operator) as browser:
        browser.until("beat")
        with psycopg.connect(city.url) as holder:
            holder.execute("LOCK TABLE incident IN ACCESS EXCLUSIVE MODE")
            wait_for(lambda: alarms(browser) == ["database_lost"])
            time.sleep(board.TRUST_S)
            said = len(browser.named("beat"))
            time.sleep(2.0)
            assert len(browser.named("beat")) == said
        wait_for(lambda: alarms(browser) == [])
        browser.until("beat", count=said + 2)
        pressed = str(city.press())
        wait_for(lambda: pressed in folded(browser.named("incident")))


def test_a_burst_of_commits_is_read_a_few_times_a_second(
    city: City, live: Live, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = {"changed": 0, "asides": 0}
    for name in reads:
        whole = getattr(Readings, name)

        def counted(self: Readings, *more: Any, name: str = name, whole: Any = whole) -> Any:
            reads[name] += 1
            return whole(self, *more)

        monkeypatch.setattr(Readings, name, counted)
    with live.follow(operator) as browser, psycopg.connect(city.url, autocommit=True) as told:
        browser.until("beat")
        reads |= {"changed": 0, "asides": 0}
        began = time.monotonic()
        for number in range(400):
            told.execute("SELECT pg_notify('nec_ledger', %s)", [str(number)])
            time.sleep(max(0.0, began + number / 200 - time.monotonic()))
        lasted_s = time.monotonic() - began
    assert reads["changed"] <= lasted_s / board.TAIL_EVERY_S + 2
    assert reads["asides"] <= lasted_s / board.ASIDES_EVERY_S + 2


# --- drones of the past -------------------------------------------------------------------------------


def test_drones_keep_the_time_of_their_report() -> None:
    fleet = FleetPicture()
    fleet.take({"t": 1_000, "d": [list(ROW)]}, 0.0)
    assert msgspec.json.decode(fleet.whole() or b"") == {"t": 1_000, "d": [ROW]}
    assert fleet.age(SILENT_S / 2) is None


def test_without_reports_every_link_is_lost_and_the_drones_are_forgotten_at_last() -> None:
    fleet = FleetPicture()
    fleet.take({"t": 1_000, "d": [list(ROW)]}, 0.0)
    aged = msgspec.json.decode(fleet.age(SILENT_S + 0.1) or b"")
    assert aged["t"] == 1_000
    assert aged["d"][0][8:10] == [0, 0]
    assert fleet.age(SILENT_S + 1) is None
    back = msgspec.json.decode(fleet.take({"t": 9_000, "d": [list(ROW)]}, 20.0) or b"")
    assert back == {"t": 9_000, "d": [ROW]}
    fleet.age(20.0 + FORGET_S + 1)
    assert fleet.whole() is None


def test_a_board_without_a_broker_stops_in_whatever_turn_it_is_told_to() -> None:
    """A refusal that comes together with the cancellation hid it: the server went on until it was killed."""
    nowhere = "postgresql://nobody@127.0.0.1:9/none"

    async def stop_after(turns: int) -> None:
        store = PostgresStore(nowhere, connections_max=1)
        followed = Board(SimpleNamespace(store=store, database_url=nowhere, nats_urls=("nats://127.0.0.1:9",)))  # type: ignore[arg-type]
        followed.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(followed.stop(), 10)
        store.close()

    for turns in range(12):
        asyncio.run(stop_after(turns))
