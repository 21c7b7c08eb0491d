"""A gate whose list has no line for calls: whatever asked only a role would go on showing them."""

import pytest

from necmergitur.governance import accesses, gate
from necmergitur.governance.accesses import CALLS, Accesses
from necmergitur.governance.gate import GateTable


def shut_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lines away until the test ends."""
    left = tuple(one for one in accesses.ACCESSES if one.what != CALLS)
    monkeypatch.setattr(accesses, "ACCESSES", left)
    monkeypatch.setattr(gate, "LAW", GateTable({}, gate.LAW.loaded_at, accesses=Accesses()))
