"""A witness signs what continues, and nothing else: the answers are those of C2SP tlog-witness."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import uvicorn

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.asking import AFTER_FAILURE, WitnessAt, Witnesses
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.adapters.publiclog.signing import witness_signer
from necmergitur.adapters.publiclog.witness import SIZE_TYPE, Witness, WitnessApp, request
from necmergitur.ledger import tree
from necmergitur.ledger.checkpoint import COSIGNATURE, Checkpoint, NoteSigner, parse
from tests.adapters.publiclog.conftest import NOW, ORIGIN, SECRET, signer
from tests.adapters.publiclog.test_notary import Write, alarms

LOG = signer()


class Grown:
    """A log in memory: `upto(n)` is its signed checkpoint, `other` another history of the same key."""

    def __init__(self, mark: bytes = b"") -> None:
        self.leaves = [tree.leaf_hash(mark + bytes([n])) for n in range(200)]

    def node(self, level: int, index: int) -> bytes:
        part = self.leaves[index << level : (index + 1) << level]
        while len(part) > 1:
            part = [tree.node_hash(part[n], part[n + 1]) for n in range(0, len(part), 2)]
        return part[0]

    def upto(self, size: int, by: NoteSigner = LOG) -> str:
        plain = Checkpoint(by.verifier.name, size, tree.root(size, self.node))
        return plain.with_signatures([by.sign(plain)]).note()

    def ask(self, old: int, size: int, by: NoteSigner = LOG) -> str:
        return request(old, tree.consistency(old, size, self.node), self.upto(size, by))


TRUE, OTHER = Grown(), Grown(b"other")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    folder = tmp_path / "witness"
    opened = Witness(folder, witness_signer(folder, "witness.example/w"), [LOG.verifier])
    yield opened
    opened.close()


def test_it_cosigns_what_continues(witness: Witness) -> None:
    for old, size in ((0, 5), (5, 5), (5, 64), (64, 100)):
        answer = witness.add_checkpoint(TRUE.ask(old, size), 1_800_000_000)
        assert answer.status == 200
        signed = parse(TRUE.upto(size) + answer.body)
        assert witness.key.time_of(signed) == 1_800_000_000


def test_a_fork_a_cut_and_an_old_copy_are_refused(witness: Witness) -> None:
    assert witness.add_checkpoint(TRUE.ask(0, 50), 1).status == 200
    fork = witness.add_checkpoint(OTHER.ask(50, 80), 2)
    assert fork.status == 422
    same_size = witness.add_checkpoint(request(50, [], OTHER.upto(50)), 2)
    assert (same_size.status, same_size.body, same_size.kind) == (409, "50\n", SIZE_TYPE)
    cut = witness.add_checkpoint(TRUE.ask(40, 45), 2)
    assert (cut.status, cut.body) == (409, "50\n")
    begun_anew = witness.add_checkpoint(OTHER.ask(0, 60), 2)
    assert (begun_anew.status, begun_anew.body) == (409, "50\n")
    assert witness.add_checkpoint(TRUE.ask(50, 60), 3).status == 200, "the true log goes on"


def test_with_the_hole_planted_a_fork_is_cosigned(witness: Witness, monkeypatch) -> None:
    """What the consistency proof keeps out."""
    assert witness.add_checkpoint(TRUE.ask(0, 50), 1).status == 200
    monkeypatch.setattr(tree, "extends", lambda *_: True)
    assert witness.add_checkpoint(OTHER.ask(50, 80), 2).status == 200


def test_what_it_signed_outlives_it(tmp_path: Path, witness: Witness) -> None:
    witness.add_checkpoint(TRUE.ask(0, 50), 1)
    with pytest.raises(BlockingIOError):
        Witness(tmp_path / "witness", witness_signer(tmp_path / "witness", ""), [LOG.verifier])
    witness.close()
    again = Witness(tmp_path / "witness", witness_signer(tmp_path / "witness", ""), [LOG.verifier])
    assert again.key == witness.key
    assert again.add_checkpoint(OTHER.ask(0, 60), 2).body == "50\n"
    witness._lock = again._lock


def test_a_memory_that_cannot_be_read_signs_nothing(tmp_path: Path, witness: Witness) -> None:
    witness.add_checkpoint(TRUE.ask(0, 50), 1)
    (memory,) = (tmp_path / "witness").glob("*.json")
    memory.write_bytes(b"")
    with pytest.raises(msgspec.DecodeError):
        witness.add_checkpoint(OTHER.ask(0, 60), 2)


def test_strangers_are_not_served(witness: Witness) -> None:
    stranger = NoteSigner("elsewhere.example/log", bytes([1]) * 32)
    thief = NoteSigner(ORIGIN, bytes([7]) * 32)
    assert witness.add_checkpoint(TRUE.ask(0, 5, stranger), 1).status == 404
    assert witness.add_checkpoint(TRUE.ask(0, 5, thief), 1).status == 403
    assert witness.add_checkpoint(request(6, [], TRUE.upto(5)), 1).status == 400
    assert witness.add_checkpoint(request(0, [bytes(32)], TRUE.upto(5)), 1).status == 422


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n\n",
        "old 1",
        "old 01\n\nx\n",
        "old -1\n\nx\n",
        "new 0\n\n" + TRUE.upto(5),
        "old 0\n" + "AAAA\n" * 64 + "\n" + TRUE.upto(5),
        "old 0\n!\n\n" + TRUE.upto(5),
        "old 0\n\n" + TRUE.upto(5).replace("— ", "- "),
        "old 0\n\n" + TRUE.upto(5).rstrip("\n"),
        "old 0\n\n" + TRUE.upto(5).replace("\n5\n", "\n05\n"),
    ],
)
def test_what_is_no_request_is_refused_and_nothing_kept(witness: Witness, tmp_path: Path, body: str) -> None:
    assert witness.add_checkpoint(body, 1).status == 400
    assert not list((tmp_path / "witness").glob("*.json"))


# --- over HTTP, with the notary --------------------------------------------------------------------------


@pytest.fixture
def served(witness: Witness) -> Iterator[str]:
    """Where the witness answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    app = WitnessApp(witness, lambda: int(time.time()))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def ask(store: PostgresStore, folder: LogFolder, witness: Witness, served: str) -> Iterator[Callable[[], None]]:
    """Ask the witness for the newest checkpoint, and wait."""
    asking = Witnesses(store, LogFolder(folder.root), [WitnessAt.parse(f"{served} {witness.key}")], lambda: NOW)

    def turn() -> None:
        for one in asking._each:
            one.again = NOW
        asking.turn()
        asking.wait()

    yield turn
    asking.close()


def test_the_checkpoint_is_published_with_what_the_witness_signed(
    notary: Notary, write: Write, ask: Callable[[], None], folder: LogFolder, witness: Witness
) -> None:
    for count in (3, 300, 1):
        write(count)
        notary.turn(NOW)
        ask()
        published = parse(folder.checkpoint())
        assert witness.key.time_of(published) is not None
        assert LOG.verifier.time_of(published) == 0
        assert folder.cosigned() == folder.checkpoint()
    assert folder.witness_keys() == [str(witness.key)]


def test_a_slow_witness_puts_back_neither_the_size_nor_the_word_of_another(folder: LogFolder) -> None:
    first, second = (NoteSigner(f"witness.example/{name}", bytes([name]) * 32, COSIGNATURE) for name in (1, 2))
    old, new = (Checkpoint(ORIGIN, size, bytes([size]) * 32) for size in (3, 5))
    folder.root.mkdir(parents=True)
    folder.publish(new.with_signatures([LOG.sign(new)]).note(), str(LOG.verifier))
    for checkpoint, witness in ((new, first), (old, second), (new, second)):
        folder.publish_cosigned(checkpoint.with_signatures([LOG.sign(checkpoint), witness.sign(checkpoint, 7)]))
    for note in (folder.cosigned(), folder.checkpoint()):
        given = parse(note)
        assert given.size == 5
        assert [key.verifier.time_of(given) for key in (LOG, first, second)] == [0, 7, 7]


def test_a_log_begun_anew_by_its_administrator_is_refused_and_told(
    notary: Notary, write: Write, ask: Callable[[], None], folder: LogFolder, store: PostgresStore, as_intruder
) -> None:
    write(6)
    notary.turn(NOW)
    ask()
    with as_intruder() as cursor:
        cursor.execute("DELETE FROM ledger_event WHERE seq > 4")
        cursor.execute("DELETE FROM public_log")
    for name in ("notary.json", "checkpoint", "cosigned"):
        (folder.root / name).unlink()
    assert Notary(store, LogFolder(folder.root), signer(), SECRET).turn(NOW) is not None, "alone, a notary is fooled"
    ask()
    assert not folder.cosigned()
    (told,) = [words for name, words in alarms(store).items() if name.startswith("log_witness_refused")]
    assert "it signed 6 facts, and the log has 4" in told


def test_a_witness_that_is_away_holds_nobody_up(
    notary: Notary, write: Write, folder: LogFolder, store: PostgresStore, witness: Witness
) -> None:
    clock = [NOW]
    at = [WitnessAt.parse(f"http://127.0.0.1:9 {witness.key}")]
    away = Witnesses(store, LogFolder(folder.root), at, lambda: clock[0])
    write(1)
    notary.turn(NOW)
    assert away.turn() == 1
    away.wait()
    assert away.turn() == 0, "it is not asked again at once"
    clock[0] += AFTER_FAILURE
    assert away.turn() == 1
    away.wait()
    write(1)
    signed = notary.turn(NOW)
    assert signed is not None and signed.size == 2
    assert not alarms(store)
    away.close()


@pytest.mark.parametrize("text", ["", "x", "ftp://a b+c+d", f"http://a {LOG.verifier}", "http://a"])
def test_what_names_no_witness_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        WitnessAt.parse(text)


def test_a_request_is_the_published_form() -> None:
    body = request(3, [bytes([1]) * 32], "note\n")
    assert body == f"old 3\n{base64.b64encode(bytes([1]) * 32).decode()}\n\nnote\n"
