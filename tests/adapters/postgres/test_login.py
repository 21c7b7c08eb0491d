"""What somebody can do who speaks through a connection of a running city, and puts its role down."""

import psycopg
import pytest

from necmergitur.adapters.postgres.store import PostgresStore
from tests.logins import APP_ROLE, as_app
from tests.operations.scene import Scene

SLEEP = "ALTER TABLE ledger_event DISABLE TRIGGER USER"
DEEDS = (
    f"SET ROLE none; {SLEEP}",
    f"RESET ROLE; {SLEEP}",
    f"SET ROLE necmergitur; {SLEEP}",
    f"SET SESSION AUTHORIZATION necmergitur; {SLEEP}",
    f"GRANT necmergitur TO {APP_ROLE}",
    f"SET ROLE none; ALTER ROLE {APP_ROLE} CREATEROLE",
    "SET ROLE none; DELETE FROM ledger_event",
    "SET ROLE none; SELECT * FROM accounts_user",
    "SET ROLE nec_web; UPDATE ledger_event SET actor = 'nobody'",
    "SET session_replication_role = replica",
    "SET ROLE none; CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET ROLE none; CREATE EVENT TRIGGER mine ON ddl_command_start EXECUTE FUNCTION ledger_append()",
)


@pytest.mark.parametrize("role", ["nec_ledger", "nec_web"])
@pytest.mark.parametrize("deed", DEEDS)
def test_who_puts_the_role_of_a_process_down_is_nobody(scene: Scene, database: str, role: str, deed: str) -> None:
    with (
        psycopg.connect(as_app(database), options=f"-c role={role}") as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)) as refused,
    ):
        connection.execute(deed)
    assert isinstance(refused.value, psycopg.errors.InsufficientPrivilege), refused.value


def test_with_the_hole_planted_the_owners_login_puts_every_guard_to_sleep(scene: Scene, database: str) -> None:
    with psycopg.connect(database, options="-c role=nec_web") as connection:
        connection.execute(DEEDS[0])
        connection.rollback()


def test_a_process_lives_with_the_rights_of_its_role(scene: Scene, database: str) -> None:
    over = PostgresStore(as_app(database))
    try:
        assert Scene(over).call() is not None
    finally:
        over.close()
