"""A small city with people in it, for tests of pages: a real database put back each time, real operations, no mocks.

Import what a room needs in its conftest: `from tests.web.pages import city, city_template  # noqa: F401`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from django.db import connection
from django.test import Client
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.pins import credential_hash
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import pia
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.governance.gate import FLIGHT
from necmergitur.kernel.geo import Position
from necmergitur.operations import assessing, devices, intake, shifts
from necmergitur.operations.intake import Ground, Received
from necmergitur.signals.press import Press, StatedPosition
from necmergitur.sim import papers
from necmergitur.web.store import _store, person, store
from necmergitur.web.trust.devices import FLEET

ASSESSED = UUID(int=71)
MIDDLE = Position(2.3522, 48.8566)
ROLES = ("operator", "lead", "duty_officer", "pilot", "technician", "responder", "administrator")
SQUARE = [[[2.34, 48.85], [2.36, 48.85], [2.36, 48.86], [2.34, 48.86], [2.34, 48.85]]]
CREDENTIAL = "a credential of this test only"
TABLES = """
INSERT INTO city (name, source, imported_at, outline, quarters, streets)
  VALUES ('Testville', 'test', now(), %(outline)s, %(quarters)s, %(streets)s);
INSERT INTO zone (id, label, rings, street_length_m) VALUES ('z-1', 'Old Town', %(rings)s, 4000), ('z-2', 'Docks', %(rings)s, 4000);
INSERT INTO dock (id, zone_id, lon, lat) VALUES ('k-1', 'z-1', 2.351, 48.855), ('k-2', 'z-2', 2.355, 48.858);
INSERT INTO drone (id, dock_id, zone_id, link_url, system_id, speed_m_s)
  VALUES ('D-1', 'k-1', 'z-1', 'udp://127.0.0.1:1', 1, 15), ('D-2', 'k-2', 'z-2', 'udp://127.0.0.1:2', 2, 15);
INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, credential_hash, installed_at) VALUES
  ('b-1', 'post', 'mqtt', 'Rue des Essais 1', 'z-1', 2.3510, 48.8560, NULL, now()),
  ('b-2', 'post', 'mqtt', 'Quai du Port 2', 'z-2', 2.3560, 48.8590, NULL, now()),
  ('p-1', 'personal', 'https', 'Personal button 1', NULL, NULL, NULL, %(hash)s, now()),
  ('p-2', 'personal', 'https', 'Personal button 2', NULL, NULL, NULL, %(hash)s, now());
"""


@dataclass
class City:
    """What a test needs at hand."""

    url: str
    users: dict[str, Any]
    seq: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    flight_conditions: Conditions = field(default_factory=Conditions)

    def person(self, role: str) -> Person:
        """Return the person of a role, as operations know them."""
        return person(self.users[role])

    def client(self, role: str, language: str = "en", **options: Any) -> Client:
        """Return a browser signed in with a role, its second factor proven."""
        browser = Client(**options)
        browser.force_login(self.users[role])
        session = browser.session
        session["second_factor"] = self.users[role].pk
        session.save()
        browser.cookies["nec_language"] = language
        return browser

    def press(self, device: str = "b-1", kind: str = "sos", **more: Any) -> UUID:
        """Press a button; return the incident it is part of."""
        self.seq += 1
        pin_is = more.pop("pin_is", "")
        pressed = Press(device=device, boot_id=1, seq=self.seq, kind=kind, claimed_time=datetime.now(UTC), **more)
        answer = intake.take(store(), [Received(pressed, datetime.now(UTC), pin_is)], Ground(MIDDLE), datetime.now(UTC))
        assert answer[0].lit and answer[0].incident_id is not None, answer
        return answer[0].incident_id

    def person_press(self, device: str = "p-1", lon: float = 2.3530, lat: float = 48.8570, **more: Any) -> UUID:
        """Press a personal button somewhere."""
        return self.press(device, position=StatedPosition(lon=lon, lat=lat, accuracy_m=20.0), **more)

    def assess_flights(self, **covers: Any) -> Assessment:
        """Sign an assessment of the drones' cameras over the whole territory, once; return it as it stands."""
        now = datetime.now(UTC)
        made = Assessment(
            id=ASSESSED,
            version=1,
            digest="a" * 64,
            title="Test cameras",
            covers=msgspec.structs.replace(pia.covers(FLEET), purpose="emergency_response", retention_days=7, **covers),
            opinion="Favourable.",
            signed_by="user:90",
            signed_at=now,
            review_by=now + timedelta(days=300),
        )
        with store().transaction() as tx:
            held = tx.assessment(ASSESSED)
        signed = held or assessing.sign(store(), made, papers.BY, now)
        assert isinstance(signed, Assessment), signed
        return signed

    def authorise_flights(self) -> Authorisation:
        """Grant a flight authorisation for the whole territory."""
        now = datetime.now(UTC)
        granted = papers.authorise(
            store(),
            Authorisation(
                id=store().ids.new(),
                kind="flight",
                label="Test flights",
                purpose="emergency_response",
                legal_basis="test order",
                holder="city",
                modality=FLIGHT,
                zones=None,
                streams=None,
                valid_from=now - timedelta(minutes=1),
                valid_until=now + timedelta(days=1),
                conditions=self.flight_conditions,
                demo=False,
                granted_by="lead",
                granted_at=now,
            ),
            now,
        )
        assert isinstance(granted, Authorisation), granted
        return granted

    def on_shift(self, role: str = "pilot") -> None:
        """Put a pilot on shift, qualified."""
        now = datetime.now(UTC)
        by = self.person(role)
        assert shifts.set_qualification(store(), by.id, now + timedelta(days=30), self.person("lead"), now) is None
        assert shifts.start_shift(store(), by, timedelta(hours=8), now)

    def mission(
        self, incident_id: UUID, *, state: str = "offered", phase: str = "offered", role: str = "pilot"
    ) -> UUID:
        """Put a mission in the hands of a pilot, as dispatch does, without a fleet."""
        from necmergitur.dispatch.missions import MissionAccepted, MissionLaunched, MissionOffered, PhaseReached
        from necmergitur.governance import gate
        from necmergitur.operations.writing import mission_facts

        granted, now, by = self.authorise_flights(), datetime.now(UTC), self.person(role)
        mission_id = store().ids.new()
        with store().transaction() as tx:
            incident = tx.incident(incident_id)
            offered = MissionOffered(
                mission_id, incident_id, granted.id, "D-1", by, None, 38.0, "D-1: ETA 38 s, next best 51 s",
                now + timedelta(minutes=2), now,
            )  # fmt: skip
            steps: list[list[Any]] = [[offered]]
            if state != "offered":
                steps.append([MissionAccepted(by, now)])
            if state == "flying":
                steps += [[MissionLaunched(now)], [PhaseReached(phase, now)]]
            after = None
            for events in steps:
                after, facts = mission_facts(tx, after, events, "engine:dispatch", incident)
                admitted = gate.admit_under(tx.gate_table(now), granted.id, facts, now)
                assert isinstance(admitted, list), admitted
                tx.put_missions([after], tx.append(admitted))
        return mission_id

    def sql(self, statement: str, *parameters: Any) -> list[Any]:
        """Run SQL as the owner."""
        with psycopg.connect(self.url, autocommit=True) as opened:
            cursor = opened.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def city_template(migrated_url: str, make_database: Callable[..., str], django_db_blocker: DjangoDbBlocker) -> str:
    """A database with a small city in it, to copy from."""
    import zlib

    url = make_database(template=conninfo_to_dict(migrated_url)["dbname"])
    with psycopg.connect(url) as opened:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                opened.execute(
                    statement,
                    {
                        "outline": Jsonb([SQUARE]),
                        "quarters": Jsonb([{"name": "Centre", "rings": [SQUARE]}]),
                        "streets": zlib.compress(b"[[[2.35,48.855],[2.352,48.857]]]"),
                        "rings": Jsonb([SQUARE]),
                        "hash": credential_hash(CREDENTIAL),
                    },
                )
    with using(url, django_db_blocker):
        from necmergitur.web.accounts.models import User

        for role in (*ROLES, "dpo", "liaison", "analyst", "pilot2", "operator2"):
            user = User.objects.create_user(f"{role}@test.invalid", display_name=f"{role.title()} Test", language="en")
            user.grants.create(role=role.rstrip("2"))
        devices.set_holder(store(), "p-1", "Ada Example, 1 Rue des Essais", Person(1, "technician"), datetime.now(UTC))
        forget_store()
    keep(url)
    return url


@pytest.fixture
def city(city_template: str, postgres: EmbeddedPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[City]:
    """A small city as it was on its first day, which pages and operations both see."""
    put_back(city_template, postgres)
    with using(city_template, django_db_blocker):
        from necmergitur.web.accounts.models import User

        yield City(city_template, {one.email.partition("@")[0]: one for one in User.objects.all()})


TABLES_OF_ALL = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema IN ('public', 'holders', 'population') AND table_type = 'BASE TABLE'
  AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = format('%I.%I', table_schema, table_name)::regclass)
ORDER BY 1, 2
"""  # what a partition holds, its parent does


def keep(url: str) -> None:
    """Copy every row aside, to be put back before each test."""
    with psycopg.connect(url) as opened:
        opened.execute("CREATE SCHEMA seed")
        for schema, table in opened.execute(TABLES_OF_ALL).fetchall():
            opened.execute(f'CREATE TABLE seed."{schema}.{table}" AS TABLE {schema}.{table}')


def put_back(url: str, postgres: EmbeddedPostgres) -> None:
    """Make every table what it was (a copy of the whole database each time took ten times as long)."""
    name = conninfo_to_dict(url)["dbname"]
    with psycopg.connect(postgres.admin_url, dbname=name) as opened:
        # As a replica applies changes: no trigger, no foreign key. Only a superuser may.
        opened.execute("SET session_replication_role = replica")
        for schema, table in opened.execute(TABLES_OF_ALL).fetchall():
            opened.execute(f"DELETE FROM {schema}.{table}")
            opened.execute(
                f'INSERT INTO {schema}.{table} OVERRIDING SYSTEM VALUE SELECT * FROM seed."{schema}.{table}"'
            )


def forget_store() -> None:
    """Close the pages' store: what it remembers of authorisations is of another day."""
    store().close()
    _store.cache_clear()


class using:  # noqa: N801 -- reads as a word: with using(url)
    """Point Django, and so the pages' store, at another database for a while."""

    def __init__(self, url: str, blocker: DjangoDbBlocker) -> None:
        self.name, self.blocker = conninfo_to_dict(url)["dbname"], blocker

    def __enter__(self) -> None:
        self.unblocked = self.blocker.unblock()
        self.unblocked.__enter__()
        self._point(self.name)

    def __exit__(self, *failure: object) -> None:
        forget_store()
        self._point(self.before)
        self.unblocked.__exit__(None, None, None)

    def _point(self, name: str) -> None:
        connection.close()
        connection.close_pool()
        self.before = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = name


def queries(work: Callable[[], object]) -> int:
    """Return how many queries `work` makes through Django, the session's and the person's own left out."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def record_is_free(city: City) -> bool:
    """Return whether somebody who calls for help could append to the record now."""
    return bool(city.sql("SELECT pg_try_advisory_xact_lock(20151113)")[0][0])


def audited(city: City) -> list[tuple[str, dict[str, str], str]]:
    """Return what was done in the innovation programme, with what is said of it, and by whom; oldest first."""
    return [
        (action.removeprefix("programme:"), facts, actor)
        for action, facts, actor in city.sql(
            "SELECT payload->>'action', payload->'facts', actor FROM ledger_event"
            " WHERE payload->>'action' LIKE 'programme:%%' ORDER BY seq"
        )
    ]
