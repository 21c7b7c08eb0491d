"""The demonstration's invented sources: each is read by its format, on its own port, and by a demonstration alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import urllib3

from necmergitur.adapters import passkeys
from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.watch import reading
from necmergitur.adapters.watch.fetching import Fetched, Fetcher
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.worker import fetcher
from necmergitur.governance.signing import Assertion
from necmergitur.kernel.refusal import Refusal
from necmergitur.sim.tour import feeds, story
from necmergitur.sim.tour.door import Door
from necmergitur.sim.tour.keys import keys_of

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door("http://127.0.0.1:0", keys_of(tmp_path, "http://localhost:8000", "localhost"))
    yield made
    made.close()


def watching(door: Door, *, demo: bool) -> Fetcher:
    """The fetcher as the worker makes it."""
    settings = msgspec.structs.replace(Settings.from_environment({}), demo=demo, sim_programme_url=door.address)
    made: Fetcher = fetcher(settings, SystemClock())
    return made


@pytest.mark.parametrize("source", story.SOURCES, ids=lambda one: one.path)
def test_every_format_is_there_and_is_read_in_its_language(source: story.Told) -> None:
    found = feeds.body(source.path, "http://127.0.0.1:1/watch/")
    assert found is not None
    read = reading.read(reading.Format(source.format), found[1].encode(), "http://127.0.0.1:1/watch/", NOW)
    assert not isinstance(read, Refusal), read
    assert len(read.entries) == len(source.news)
    assert {one.language for one in read.entries} == {one.language for one in source.news}


def test_the_sources_are_of_all_formats() -> None:
    assert {one.format for one in story.SOURCES} == set(reading.Format)


def test_a_demonstration_s_watch_reads_its_own_port(door: Door) -> None:
    found = watching(door, demo=True).fetch(f"{door.address}/watch/villes.rss")
    assert isinstance(found, Fetched) and story.LEAD in found.body.decode()


def test_nobody_else_s_watch_does(door: Door) -> None:
    found = watching(door, demo=False).fetch(f"{door.address}/watch/villes.rss")
    assert isinstance(found, Refusal) and found.rule == "address_not_allowed"


def test_a_demonstration_s_watch_reads_no_other_port_and_no_name_of_this_machine(door: Door, tmp_path: Path) -> None:
    other = Door("http://127.0.0.1:0", keys_of(tmp_path, "http://localhost:8000", "localhost"))
    ours = watching(door, demo=True)
    port = door.address.rpartition(":")[2]
    try:
        for url in (f"{other.address}/watch/villes.rss", f"http://localhost:{port}/watch/villes.rss"):
            found = ours.fetch(url)
            assert isinstance(found, Refusal) and found.rule == "address_not_allowed", url
    finally:
        other.close()


@pytest.mark.parametrize(
    "origin", ["http://192.0.2.1:80", "http://127.0.0.1", "https://127.0.0.1:443", "http://10.0.0.1:1"]
)
def test_only_a_loopback_port_can_be_let_in(origin: str) -> None:
    with pytest.raises(ValueError, match=r"loopback|address"):
        Fetcher(lambda: NOW, "http://localhost/", besides=origin)


def test_the_door_signs_as_a_passkey_does_and_nothing_else(door: Door) -> None:
    body = msgspec.json.encode({"challenge": passkeys.b64(b"terms")})
    said = urllib3.request("POST", f"{door.address}/sign/state", body=body, retries=False)
    assert msgspec.json.decode(said.data, type=Assertion).signature
    assert urllib3.request("POST", f"{door.address}/sign/anybody", body=body, retries=False).status == 404
    assert urllib3.request("POST", f"{door.address}/sign/state", body=b"{", retries=False).status == 422
    assert urllib3.request("GET", f"{door.address}/watch/../parties.json", retries=False).status == 404
