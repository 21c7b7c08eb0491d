"""What is logged is structured, and names nobody."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from necmergitur.app import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    structlog.reset_defaults()
    logs.configure("engine", "info")

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json_with_its_time_and_process(written: Any) -> None:
    structlog.get_logger("x").info("press_received", device="post-1", latency_ms=12.5)
    (event,) = written()
    assert event["at"].endswith("Z")
    del event["at"]
    assert event == {
        "event": "press_received",
        "process": "engine",
        "level": "info",
        "logger": "x",
        "device": "post-1",
        "latency_ms": 12.5,
    }


@pytest.mark.parametrize("key", ["email", "Name", "lon", "lat", "position", "payload", "note", "phone", "token"])
def test_a_field_that_holds_a_person_is_withheld(written: Any, key: str) -> None:
    structlog.get_logger("x").warning("planted", **{key: "Marie Curie", "kept": {key: "Marie Curie"}})
    (event,) = written()
    assert event[key] == logs.WITHHELD
    assert event["kept"] == {key: logs.WITHHELD}


@pytest.mark.parametrize(
    "personal",
    [
        "marie.curie@example.org",
        "+33 6 12 34 56 78",
        "06 12 34 56 78",
        "0612345678",
        "203.0.113.9",
        "postgresql://nec:hunter2@host/db",
        "Service Unavailable: /account/enrol/q8Yc3m-2bTzV0rN_wX4kHs/",
    ],
)
def test_what_looks_like_a_person_is_withheld_inside_any_text(written: Any, personal: str) -> None:
    structlog.get_logger("x").info(f"refused {personal} at the door", why=[personal])
    logging.getLogger("library").warning("from %s today", personal)
    text = json.dumps(written())
    assert personal not in text
    assert "hunter2" not in text
    assert logs.WITHHELD in text


@pytest.mark.parametrize(
    "plain",
    [
        "2026-11-22T08:14:11.123456Z",
        "018f3b2e-7d1c-7b3a-9c55-0d2f8a6b1c2d",
        "127.0.0.1:8000",
        "took 1234567890 ns",
        "version 18.6.3",
        "post-00012",
        "Not Found: /console/incidents/018f3b2e-7d1c-7b3a-9c55-0d2f8a6b1c2d/",
        "Not Found: /register/data/calls-by-zone-and-month/2026-11.csv",
        "/var/lib/necmergitur/spool/presses-of-the-engine-00.rejected.jsonl",
    ],
)
def test_what_a_reader_needs_is_kept(plain: str) -> None:
    assert logs.cleaned_text(plain) == plain


def test_an_exception_keeps_its_kind_and_frames_but_no_row(written: Any) -> None:
    def insert() -> None:
        raise ValueError("duplicate key\nDETAIL:  Key (holder)=(Marie Curie) already exists.")

    try:
        insert()
    except ValueError:
        structlog.get_logger("x").exception("failed")
        logging.getLogger("library").exception("failed too")
    events = written()
    assert [event["error"] for event in events] == ["builtins.ValueError", "builtins.ValueError"]
    assert all(event["frames"][-1].endswith(" insert") for event in events)
    assert "Marie" not in json.dumps(events)


def test_a_payload_does_not_fit_in_a_log(written: Any) -> None:
    structlog.get_logger("x").info("big", blob="x" * 10_000)
    assert len(written()[0]["blob"]) == logs.VALUE_CHARACTERS_MAX + 1


def test_the_console_reads_in_plain_words() -> None:
    line = '{"at":"2026-11-22T08:14:11.1Z","process":"engine","level":"warning","event":"slow","took_ms":7}'
    assert logs.readable("engine", line) == "08:14:11 engine     WARNING slow  took_ms=7"


@pytest.mark.parametrize("line", ["not json", "[1]", "{}", '{"a":', "null"])
def test_a_line_of_another_program_is_shown_as_it_is(line: str) -> None:
    assert logs.readable("broker-0", line).endswith(line)
