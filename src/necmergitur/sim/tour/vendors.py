"""The example's two vendors: their keys, the assessments those rest on, and their program, a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from necmergitur.adapters.broker import BrokerProcess, shard_of
from necmergitur.adapters.broker.files import shard_count
from necmergitur.adapters.child_process import spawn
from necmergitur.adapters.pki import CityAuthority
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.sensing import enrol_sensor
from necmergitur.app.settings import Settings
from necmergitur.dispatch.incidents import Person
from necmergitur.governance.assessments import Assessment
from necmergitur.innovation import protocol
from necmergitur.innovation.protocol import Source, TrialAdvised, TrialTruth
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import ending, trial_store, trials
from necmergitur.sim.demo.assessed import GDPR_LAW, put_signed, text_about
from necmergitur.sim.devices.credentials import write_identities
from necmergitur.sim.tour import evening
from necmergitur.web.dialogue import opening
from necmergitur.web.programme import example
from necmergitur.web.trust import devices

log = structlog.get_logger(__name__)

OBSERVER = Person(9_200_001, "Simulated observer (demo)")
PURPOSE, RETENTION_DAYS = "crowd_safety", 30
RATE_MAX = 120  # a minute, of the keys: twice what the faster vendor says
LASTS = timedelta(days=21)
EVENINGS = 50  # ours: more than an hour at the vendors' pace, which is how long the example's protocol lasts
PAUSE = timedelta(seconds=5)  # ours: what was said last is heard and noted before the next evening begins
UNHEARD_PAUSE = timedelta(seconds=30)  # ours: a broker that is started again is there by then
LAW = (*GDPR_LAW, "experiment_2021_467")


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's key and how its program speaks."""

    sensor_id: str
    company: str
    rate_per_minute: int
    overstays: bool  # it goes on speaking after its window, so that everybody sees what becomes of that


VENDORS = (
    Vendor(sensor_id="V-001", company="Densité SAS", rate_per_minute=60, overstays=True),
    Vendor(sensor_id=example.KEY, company="Flot", rate_per_minute=60, overstays=False),
)


def put_vendors(settings: Settings, over: PostgresStore, now: datetime) -> None:
    """Enrol both keys, unless they are: in the zone of the city's first dock."""
    with over.transaction() as tx:
        known = {one.id for one in tx.sensors([each.sensor_id for each in VENDORS])}
    with over.cursor() as cursor:
        place = cursor.execute("SELECT lon, lat FROM dock WHERE retired_at IS NULL ORDER BY id LIMIT 1").fetchone()
    assert place is not None, "there is a city by now"
    for one in VENDORS:
        if one.sensor_id in known and _key(settings.home, one).exists():
            continue
        made = enrol_sensor(
            settings,
            over,
            one.sensor_id,
            modality="advice",
            label=f"{one.company} (demonstration)",
            place=Position(*place),
            rate_per_minute=RATE_MAX,
            now=now,
        )
        assert not isinstance(made, Refusal), made
        write_identities(_key(settings.home, one), [made])


def assess(over: PostgresStore, dpo: Person, now: datetime) -> None:
    """Sign the assessment of each key, and hold the dialogue with the people about it, unless it was."""
    for one in VENDORS:
        facts = devices.facts_of(f"sensor:{one.sensor_id}")
        assert facts is not None, "it is enrolled by now"
        facts = msgspec.structs.replace(facts, purpose=PURPOSE, retention_days=RETENTION_DAYS, firmware="")
        title = f"Conseils de densité / Advice on density: {one.company} (demonstration)"
        signed = put_signed(over, text_about(title, facts, LAW, "Des nombres seuls / Numbers alone", now), now)
        _ask_people(signed, title, dpo, now)


def _ask_people(signed: Assessment, title: str, dpo: Person, now: datetime) -> None:
    if opening.latest("assessment", signed.id) is not None:
        return
    talk = opening.open_conversation(
        "assessment", signed.id, title, title,
        "Inventé\N{NO-BREAK SPACE}: à quoi veiller quand un capteur dit qu'un parvis est plein\N{NO-BREAK SPACE}?",
        now + LASTS, by=dpo, question_en="Invented: what to look after when a sensor says a square is full?",
        now=now,
    )  # fmt: skip
    assert not isinstance(talk, Refusal), talk
    opening.close_early(talk, "Inventé pour la démonstration. Invented for the demonstration.", dpo, now)


def _key(home: Path, one: Vendor) -> Path:
    return home / "sim" / f"vendor-{one.sensor_id}.jsonl"


class Speaking(msgspec.Struct):
    """A vendor's program that plays one evening of a trial: which, since when, how much of it was noted."""

    program: subprocess.Popen[bytes]
    evening: int
    since: datetime
    noted: int = 0
    heard: bool = False
    over_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it ended, a while ago: a longer one, when nothing was heard of it."""
        if self.program.poll() is None:
            return False
        self.over_at = self.over_at or now
        return now >= self.over_at + (PAUSE if self.heard else UNHEARD_PAUSE)

    def following(self) -> int:
        """Return which evening comes after this one: the same again, when nothing was heard of it."""
        return self.evening + 1 if self.heard else self.evening

    def steps(self, advice: Iterable[TrialAdvised]) -> dict[int, datetime]:
        """Return when each step of its evening was: what was said before it started is of another one."""
        begun = int(self.since.timestamp())
        return {one.seq - 1: one.at for one in advice if one.boot_id >= begun}


class Field:
    """What happens at the site while a trial runs: vendors speak, evening after evening, and somebody watches."""

    def __init__(self, settings: Settings, over: PostgresStore) -> None:
        """Nobody speaks yet."""
        self._settings, self._over = settings, over
        self._speaking: dict[tuple[UUID, str], Speaking] = {}

    def turn(self, now: datetime) -> None:
        """Let vendors of running trials speak, and note what was seen."""
        with self._over.transaction() as tx:
            running = tx.trials_running()
        for trial_id in running:
            self._live(trial_id, now)
        for key, one in list(self._speaking.items()):
            if key[0] not in running and one.is_over(now):
                del self._speaking[key]

    def close(self) -> None:
        """Silence every vendor."""
        for one in self._speaking.values():
            one.program.terminate()

    def _live(self, trial_id: UUID, now: datetime) -> None:
        ending.look(self._over, trial_id, now)
        with self._over.transaction() as tx:
            state = tx.trial(trial_id)
        if state is None or state.state != "running":
            return
        told = protocol.read(state.protocol)
        of = {source.sensor_id: source for source in told.sources}
        heard = [one.event for one in trial_store.facts_of(self._over, trial_id)]
        for vendor in VENDORS:
            source = of.get(vendor.sensor_id)
            if source is None or now < told.starts:
                continue
            speaking = self._speaking.get((trial_id, vendor.sensor_id))
            if speaking is not None:
                said = (one for one in heard if isinstance(one, TrialAdvised) and one.sensor_id == vendor.sensor_id)
                self._note(trial_id, source, speaking, said, now)
            number = 0 if speaking is None else speaking.following()
            if speaking is None or (speaking.is_over(now) and number < EVENINGS):
                made = self._speak(vendor, trial_id, number)
                self._speaking[trial_id, vendor.sensor_id] = Speaking(made, number, now)

    def _note(
        self, trial_id: UUID, source: Source, speaking: Speaking, advice: Iterable[TrialAdvised], now: datetime
    ) -> None:
        steps = speaking.steps(advice)
        speaking.heard = speaking.heard or bool(steps)
        for span, since, until in evening.due(steps, speaking.noted):
            event = TrialTruth(source.use, source.zone_id, since, until, span.full, "steward")
            outcome = trials.note(self._over, trial_id, event, OBSERVER, now)
            if isinstance(outcome, Refusal):
                log.info("observer_refused", rule=outcome.rule)
                return
            speaking.noted += 1

    def _speak(self, vendor: Vendor, trial_id: UUID, number: int) -> subprocess.Popen[bytes]:
        home = self._settings.home
        evening_file, trust = home / "sim" / f"evening-{vendor.sensor_id}.csv", home / "sim" / "trust.pem"
        found = evening.counts(trial_id, number)
        evening_file.write_text("".join(f"{minute},{count}\n" for minute, count in enumerate(found)))
        trust.write_bytes(CityAuthority.open(home / "pki").trust_pem)
        port = BrokerProcess(home, shard_of(vendor.sensor_id, shard_count(home))).mqtt_port
        lasts_s = (len(found) + 15) * 60 / vendor.rate_per_minute
        argv = [
            sys.executable, "-m", "necmergitur.sim.devices.vendor", str(evening_file), "--key", str(_key(home, vendor)),
            "--trust", str(trust), "--port", str(port), "--capacity", str(evening.CAPACITY),
            "--rate", str(vendor.rate_per_minute), "--for-s", str(lasts_s),
        ]  # fmt: skip
        # A vendor knows its own key and the broker's address: none of the city's secrets is in its environment.
        environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        argv = [*argv, "--disobey"] if vendor.overstays else argv
        made = spawn(argv, death_signal=signal.SIGTERM, output=subprocess.DEVNULL, environ=environ)
        log.info("vendor_speaks", sensor=vendor.sensor_id, trial=str(trial_id), evening=number)
        return made
