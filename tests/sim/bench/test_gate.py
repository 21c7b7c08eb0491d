"""The gate's bench compares: two engines that know nothing of our table must agree with it on every request."""

from collections.abc import Sequence

import pytest

from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.grants import Grants
from necmergitur.sim.bench import gate, revoke


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "AUTHORISATIONS", 60)
    monkeypatch.setattr(gate, "REQUESTS_QUICK", 600)
    monkeypatch.setattr(gate, "REQUESTS_CASBIN_QUICK", 100)
    monkeypatch.setattr(gate, "READINGS_QUICK", 500)
    monkeypatch.setattr(gate, "measure_revoke_ms", lambda **_: [1.0])


def test_three_ways_of_deciding_agree() -> None:
    found = gate.measure(quick=True)
    assert (found["differ"], found["requests"], found["casbin_requests"]) == (0, 600, 100)
    assert 0.2 < found["open_share"] < 0.8, "requests of one kind alone would prove little"


def test_a_table_that_is_wrong_by_a_microsecond_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(Grants):
        def __init__(self, items: Sequence[Authorisation]) -> None:
            super().__init__(items)
            for key, windows in self._windows.items():
                self._windows[key] = tuple((start, end + 1, index) for start, end, index in windows)

    monkeypatch.setattr(gate, "Grants", Late)
    assert gate.measure(quick=True)["differ"] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_revocation_reaches_a_device_of_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoke, "REVOCATIONS_QUICK", 3)
    took_ms = revoke.measure_revoke_ms(quick=True)
    assert len(took_ms) == 3
    assert max(took_ms) < 5_000, "milliseconds, on an idle machine"
