"""The example's process: it opens its door, makes what is missing, and lives the first chain while people look on."""

import signal
import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from django.db import close_old_connections
from django.urls import reverse

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.settings import Settings
from necmergitur.operations.ports import Unreachable, VersionConflict
from necmergitur.sim.tour.after import After
from necmergitur.sim.tour.chain import Example, put_parties
from necmergitur.sim.tour.contest import Contest
from necmergitur.sim.tour.door import WATCH, Door
from necmergitur.sim.tour.keys import keys_of
from necmergitur.sim.tour.seeds import seed, somebody
from necmergitur.sim.tour.vendors import Field, assess, put_vendors
from necmergitur.web.accounts.roles import Role
from necmergitur.web.store import person

log = structlog.get_logger(__name__)

TURN_S = 1.0


def run_tour(settings: Settings, over: PostgresStore) -> None:
    """Run until SIGINT or SIGTERM, in this thread: vendors die with it."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    origin = settings.public_url.rstrip("/")
    keys = keys_of(settings.home, origin, urlsplit(origin).hostname or "")
    # Forms are sent as a desk's: every page is imported at the first address that one of them names. Those seconds are
    # spent here; in a form they would be spent within a transaction that holds the record, and be cut off.
    reverse("programme:front")
    door = Door(settings.sim_programme_url, keys)
    field = Field(settings, over)
    try:
        now = datetime.now(UTC)
        seed(f"{door.address}{WATCH}", now)
        put_vendors(settings, over, now)
        assess(over, person(somebody(Role.DPO)), now)
        put_parties(keys, somebody(Role.DPO), now)
        analyst = somebody(Role.ANALYST)
        example, after, contest = Example(over, keys, analyst), After(analyst), Contest(analyst)
        log.info("example_lives", sources=door.address)
        # Four hundred people take their time: the vendor of somebody who waits for it is not behind them.
        aside = threading.Thread(target=_beside, args=(stop, after, contest), name="aside", daemon=True)
        aside.start()
        while not stop.is_set():
            if not _turn(example, field):
                stop.wait(TURN_S)
    finally:
        stop.set()
        field.close()
        door.close()


def _beside(stop: threading.Event, after: After, contest: Contest) -> None:
    """Play what nobody waits for, a piece each second."""
    while not stop.wait(TURN_S):
        try:
            close_old_connections()
            contest.turn(datetime.now(UTC))
            after.turn(datetime.now(UTC))
        except (Unreachable, VersionConflict, RuntimeError) as wrong:
            log.warning("example_waits", why=str(wrong))
        except Exception:  # a database that goes first, at the end of a demonstration
            if stop.is_set():
                return
            log.exception("aside_failed")


def _turn(example: Example, field: Field) -> bool:
    """Do what is due; return whether more is due at once.

    A database that is away, or another's step that was faster, is met again at the next turn.
    """
    try:
        close_old_connections()
        field.turn(datetime.now(UTC))
        return example.turn(datetime.now(UTC))
    except (Unreachable, VersionConflict, RuntimeError) as wrong:
        log.warning("example_waits", why=str(wrong))
    return False
