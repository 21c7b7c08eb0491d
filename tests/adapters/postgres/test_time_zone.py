"""A PostgreSQL of somebody else's may live in local time. Instants are the same instants there, winter and summer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.signing import Ed25519Signer
from necmergitur.dispatch.tokens import MissionToken
from necmergitur.kernel.refusal import Refusal
from necmergitur.ledger.chain import GENESIS, link
from necmergitur.operations import airspace, flying
from tests.operations.scene import LEAD, Scene
from tests.operations.town import MIDDLE, flights, install, pilot, town

SUMMER = datetime(2026, 7, 14, 20, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
IN_SUMMER = town(
    authorisations=(flights(valid_until=SUMMER + timedelta(days=9)),),
    shifts=(pilot(1, starts_at=SUMMER - timedelta(hours=1), ends_at=SUMMER + timedelta(hours=7),
                  qualified_until=SUMMER + timedelta(days=9)),),
)  # fmt: skip


@pytest.fixture
def parisian(migrated_url: str, make_database) -> Iterator[str]:
    """A migrated database whose sessions begin in Paris time."""
    url = make_database(template=conninfo_to_dict(migrated_url)["dbname"])
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'Europe/Paris'").format(name))
    yield url
    with psycopg.connect(migrated_url, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_a_database_in_local_time_flies_and_verifies_in_summer(parisian: str) -> None:
    install(parisian, IN_SUMMER)
    with psycopg.connect(parisian) as connection:
        connection.execute("UPDATE geozone_set SET read_at = %s", [SUMMER])
    store = PostgresStore(parisian)
    try:
        scene = Scene(store, SUMMER)
        scene.call()
        mission = scene.accept(scene.offered())
        signer = Ed25519Signer(Ed25519PrivateKey.generate())
        token = flying.token_for(store, mission.id, signer, scene.now)
        assert isinstance(token, MissionToken), token
        scene.launch(mission)
        scene.check()
        announced = airspace.announce_helicopter(store, MIDDLE, 500.0, timedelta(hours=1), "lift", LEAD, SUMMER)
        assert not isinstance(announced, Refusal), announced
        scene.call("P-3")
        assert [rule for _, rule in scene.offer().refused] == ["helicopter_in_area"]
        with store.cursor() as cursor:
            assert cursor.execute("SELECT current_setting('timezone')").fetchone() == ("UTC",)
    finally:
        store.close()


def test_the_pages_read_a_database_in_local_time_as_utc(parisian: str) -> None:
    from necmergitur.web import environment

    described = environment.database(parisian, "nec_web", pooled=False)
    with psycopg.connect(parisian, options=described["OPTIONS"]["options"]) as connection:
        assert connection.execute("SELECT current_setting('timezone')").fetchone() == ("UTC",)


@pytest.mark.parametrize("month", range(1, 13))
def test_one_instant_has_one_hash_in_whatever_zone_it_is_told(month: int) -> None:
    def hashed(at: datetime) -> bytes:
        return link(GENESIS, seq=1, stream="s:1", version=1, kind="K", recorded_at=at, authorisation_id="a", actor="w",
                    payload=b"{}", personal=None)  # fmt: skip

    at = datetime(2026, month, 15, 1, 30, tzinfo=UTC)
    assert hashed(at) == hashed(at.astimezone(PARIS))
