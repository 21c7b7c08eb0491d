"""The administrator who owns everything: record, tiles, keys and memory. Only a witness outside tells."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.publiclog.folder import LogFolder
from necmergitur.adapters.publiclog.notary import Notary
from necmergitur.adapters.publiclog.witness import Witness
from necmergitur.governance import gate
from necmergitur.kernel.events import Fact
from necmergitur.ledger.chain import Break
from necmergitur.ledger.checkpoint import parse
from necmergitur.operations.checking import check_ledger
from necmergitur.operations.registry import Audited
from tests.adapters.publiclog.conftest import NOW, SECRET, database, folder, notary, signer, store, write
from tests.adapters.publiclog.test_notary import alarms
from tests.adapters.publiclog.test_witness import ask, served, witness

__all__ = ["ask", "database", "folder", "notary", "served", "store", "witness", "write"]
OTHER_HISTORY = "DELETE FROM ledger_event WHERE seq > %s"
# What each keeps of the true history of six facts; two of eight that follow are false.
DEEDS = {"cuts the record": 4, "restores last night's backup": 3, "begins the log anew": 0}


def _write_otherwise(store: PostgresStore, count: int) -> None:
    facts = [
        Fact(stream="audit:other", version=n, event=Audited("a", "b", {}), actor="user:2") for n in range(1, count + 1)
    ]
    with store.transaction() as tx:
        tx.append(gate.admit_record(facts, NOW))


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("hole", [True, False], ids=["a witness that forgets", "a witness"])
def test_history_told_again_otherwise(
    deed: str,
    hole: bool,
    store: PostgresStore,
    folder: LogFolder,
    notary: Notary,
    write: Callable[..., int],
    ask: Callable[[], None],
    witness: Witness,
    as_intruder: Any,
    tmp_path: Path,
) -> None:
    """Database, tiles and the notary's memory go back together, so that the city's own notary sees nothing wrong."""
    kept = DEEDS[deed]
    last_night = tmp_path / "backup"
    if kept:
        write(kept)
        notary.turn(NOW)
        ask()
        shutil.copytree(folder.root, last_night)
    write(6 - kept)
    notary.turn(NOW)
    ask()
    true = parse(folder.checkpoint())
    assert (true.size, witness.key.time_of(true) is not None) == (6, True)

    with as_intruder() as cursor:
        cursor.execute(OTHER_HISTORY, [kept])
        if not kept:
            cursor.execute("DELETE FROM public_log")  # that it was begun once is forgotten too
    shutil.rmtree(folder.root)
    if last_night.exists():
        shutil.copytree(last_night, folder.root)
    _write_otherwise(store, 8)
    assert not isinstance(check_ledger(store), Break), "the record alone is without a flaw"
    signed = Notary(store, LogFolder(folder.root), signer(), SECRET).turn(NOW)
    assert signed is not None
    assert signed.size == kept + 8, "alone, a notary is fooled"

    if hole:
        for memory in (tmp_path / "witness").glob("*.json"):
            memory.unlink()
    ask()
    cosigned = witness.key.time_of(parse(folder.checkpoint())) is not None
    refused = [name for name in alarms(store) if name.startswith("log_witness_refused")]
    # A witness that forgot signs the log it is shown from its beginning, whichever it is.
    assert (cosigned, bool(refused)) == ((True, False) if hole else (False, True))
