"""The public log as anybody's program reads it over HTTP."""

from datetime import timedelta

import msgspec
import pytest

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.governance import gate
from necmergitur.governance.authorisations import AuthorisationRevoked, stream_of
from necmergitur.kernel.events import Fact
from necmergitur.ledger.checkpoint import NoteSigner, parse
from necmergitur.ledger.proof import Proof, check
from necmergitur.ledger.tree import leaf_hash, root
from tests.live.serving import Live

SIGNER = NoteSigner("city.example/log", bytes([1]) * 32)


@pytest.fixture
def signed(live: Live) -> int:
    """The number of a public fact, under a checkpoint."""
    now = SystemClock().now()
    key = live.parts.store.ids.new()
    fact = Fact(stream=stream_of(key), version=1, event=AuthorisationRevoked(key, now, "nec", "test"), actor="user:1")
    with live.parts.store.transaction() as tx:
        seq = tx.append(gate.admit_record([fact], now))
    folder = LogFolder(live.parts.home / "log-tiles")
    assert Notary(live.parts.store, folder, SIGNER, live.parts.log_secret).turn(now + timedelta(seconds=1)) is not None
    return seq


def test_the_checkpoint_is_read_from_anywhere_and_never_kept(live: Live, signed: int) -> None:
    with live.open("/log/checkpoint") as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["access-control-allow-origin"] == "*"
        checkpoint = parse(answer.read().decode())
    assert SIGNER.verifier.time_of(checkpoint) == 0
    assert checkpoint.size == signed
    status, key = live.ask("/log/key")
    assert (status, key.decode().strip()) == (200, str(SIGNER.verifier))


def test_tiles_are_kept_for_ever_and_hold_what_was_signed(live: Live, signed: int) -> None:
    checkpoint = parse(live.ask("/log/checkpoint")[1].decode())
    with live.open(f"/log/tile/0/000.p/{signed}") as answer:
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert "immutable" in answer.headers["cache-control"]
        leaves = answer.read()
    hashes = [leaves[start : start + 32] for start in range(0, len(leaves), 32)]
    _, entries = live.ask(f"/log/tile/entries/000.p/{signed}")
    assert hashes == [leaf_hash(entries[start + 2 : start + 34]) for start in range(0, len(entries), 34)]
    if signed == 1:
        assert root(1, lambda _level, _index: hashes[0]) == checkpoint.root


def test_a_public_fact_is_proved_to_whoever_asks(live: Live, signed: int) -> None:
    status, body = live.ask(f"/log/proof/{signed}.json")
    assert status == 200
    verdict = check(msgspec.convert(body, Proof), SIGNER.verifier)
    assert verdict.included and verdict.signed
    assert live.ask("/log/proof/999999.json")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/log/",
        "/log/notary.json",
        "/log/halted",
        "/log/tile/0/../../notary.json",
        "/log/tile/0/%2e%2e/%2e%2e/notary.json",
        "/log/tile/0/999",
        "/log/tile/64/000",
        "/log/tile/0/000.p/0",
        "/log/proof/0.json",
        "/log/proof/x.json",
        "/log/proof/99999999999999999999.json",
    ],
)
def test_nothing_else_is_given_out(live: Live, signed: int, path: str) -> None:
    assert live.ask(path)[0] == 404
