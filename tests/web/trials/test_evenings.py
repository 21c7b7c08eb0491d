"""A demonstration's trial goes on until it ends: vendors play evening after evening, and somebody notes each of them."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import override

from necmergitur.innovation.protocol import Stop, TrialTruth
from necmergitur.operations import ending, trial_store
from necmergitur.operations.sensing import Memory
from necmergitur.sim.tour import evening, vendors
from necmergitur.sim.tour.vendors import Field, Speaking, Vendor
from necmergitur.web.programme import example, guide
from necmergitur.web.programme.models import Need
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.trials.test_trials import started
from tests.web.trials.trying import VENDOR, now, say, trial

PACE = timedelta(seconds=2)  # the key's rate in tests


class Program:
    """A vendor's program that the test lets speak."""

    is_over = False

    def poll(self) -> int | None:
        return 0 if self.is_over else None

    def terminate(self) -> None:
        self.is_over = True


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Program]]:
    """The evenings that were begun, each with its program."""
    begun: list[tuple[int, Program]] = []

    def speak(_field: Field, _vendor: Vendor, _trial: Any, number: int) -> Program:
        begun.append((number, Program()))
        return begun[-1][1]

    monkeypatch.setattr(Field, "_speak", speak)
    monkeypatch.setattr(
        vendors, "VENDORS", (Vendor(sensor_id=VENDOR, company="Densité SAS", rate_per_minute=30, overstays=False),)
    )
    return begun


def play(memory: Memory, counts: list[int], since: datetime) -> datetime:
    """Say an evening as a vendor's program would; return when it was over."""
    for seq, count in enumerate(counts, 1):
        level = sum(count >= share * evening.CAPACITY for share in (0.6, 0.8, 1.0))
        rule = say(memory, since + seq * PACE, seq, level, int(since.timestamp()))
        assert rule in ("", "authorisation_revoked"), rule
    return since + (len(counts) + 1) * PACE


def test_an_evening_follows_the_other_until_so_many_alarms_were_judged_as_the_protocol_asks(
    city: City,
    played: list[tuple[int, Program]],
) -> None:
    begun, memory = started(city, sample=20, stop=Stop(good=20, bad=60), tolerance_s=4)
    field, at, noted = Field(None, store()), now(), []  # type: ignore[arg-type] -- nothing is started
    while trial(begun.id).state == "running":
        field.turn(at)
        number, program = played[-1]
        assert number == len(played) - 1 <= 4, "each evening is begun once the other is over"
        at = play(memory, evening.counts(begun.id, number), at)
        field.turn(at)
        program.is_over = True
        noted.append(sum(isinstance(one.event, TrialTruth) for one in trial_store.facts_of(store(), begun.id)))
        field.turn(at)
        at += vendors.PAUSE
    assert trial(begun.id).why == "as_good_as_promised" and len(played) > 1
    assert noted[0] == 18, "every span of the first evening"
    field.turn(at)
    field.turn(at + vendors.PAUSE)
    assert not field._speaking, "nothing is left of a trial that is over"


def test_an_evening_of_which_nothing_was_heard_is_played_again_after_a_while(
    city: City, played: list[tuple[int, Program]]
) -> None:
    begun, memory = started(city)
    field, at = Field(None, store()), now()  # type: ignore[arg-type] -- nothing is started
    field.turn(at)
    played[-1][1].is_over = True  # the broker is away: its program ends at once
    for after in (timedelta(0), vendors.PAUSE, vendors.UNHEARD_PAUSE - timedelta(seconds=1)):
        field.turn(at + after)
    assert len(played) == 1
    at += vendors.UNHEARD_PAUSE
    field.turn(at)
    assert [number for number, _program in played] == [0, 0]
    say(memory, at + PACE, 1, 0, int(at.timestamp()))
    played[-1][1].is_over = True
    for after in (PACE, PACE + vendors.PAUSE):
        field.turn(at + after)
    assert [number for number, _program in played] == [0, 0, 1] and trial(begun.id).state == "running"


def test_evenings_differ_and_the_first_is_what_it_was() -> None:
    of = Path(__file__).stem
    first, second = (evening.counts(of, number) for number in (0, 1))  # type: ignore[arg-type] -- a name will do
    assert first == evening.counts(of) and first != second and len(first) == len(second)  # type: ignore[arg-type]


def test_what_an_earlier_program_said_is_no_step_of_a_later_one_s_evening() -> None:
    at = now()
    speaking = Speaking(Program(), 1, at)  # type: ignore[arg-type] -- as far as it is asked

    def advice(boot: int, seq: int) -> Any:
        return vendors.TrialAdvised(VENDOR, at + timedelta(seconds=seq), 0, 0, 80, boot, seq)

    since = int(at.timestamp())
    assert list(speaking.steps([advice(since - 80, 73), advice(since, 1), advice(since, 2)])) == [0, 1]


def test_the_guide_says_so_when_nothing_more_comes_of_a_running_trial(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, memory = started(city)
    at = now()
    say(memory, at, 1, 0)
    ending.look_at_all(store(), at)
    Need.objects.update(title=example.TITLE)
    monkeypatch.setattr(settings, "DEMO", True)

    def waits(after: timedelta) -> guide.Step:
        monkeypatch.setattr(guide, "CLOCK", SimpleNamespace(now=lambda: at + after))
        told = guide.shown()
        assert told is not None
        found: guide.Step = next(one["step"] for one in told["steps"] if str(one["step"].what).startswith("Look on"))
        return found

    with override("en"):
        assert waits(timedelta(minutes=2)).note == ""
        silent = waits(guide.SILENT + timedelta(seconds=5))
        assert "stop it by hand" in str(silent.note) and silent.address == f"/programme/trials/desk/{begun.id}/#stop"
