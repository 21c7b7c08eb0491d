"""How a running city logs in to PostgreSQL: as a role that owns nothing, and takes the role it needs."""

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from necmergitur.adapters.embedded_postgres import APP_ROLE
from tests.conftest import POSTGRES


def as_app(url: str) -> str:
    """Return the address of the same database, for a process of a running city."""
    name = str(conninfo_to_dict(url)["dbname"])
    return make_conninfo(POSTGRES.app_url_of(name))


__all__ = ["APP_ROLE", "as_app"]
