"""A city's first day: a plausible one is invented when none was imported, so that nothing starts empty."""

from datetime import UTC, datetime

from necmergitur.adapters.postgres.city import city_name
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.operations import city as cities

INVENTED_SEED = 1


def found_city(settings: Settings, over: PostgresStore) -> str:
    """Invent a city when the database holds none; return what was done, empty when nothing was."""
    del settings
    with over.cursor() as cursor:
        if city_name(cursor) is not None:
            return ""
    from necmergitur.territory.generated import generate  # noqa: PLC0415 -- heavy, and needed once in a city's life

    city = generate(INVENTED_SEED)
    cities.install(over, city, f"generated, seed {INVENTED_SEED}", MACHINE, datetime.now(UTC))
    return (
        f"  There was no city: an invented one, “{city.name}”, stands in "
        f"({len(city.zones)} zones, {len(city.buttons)} buttons). `nec city import` puts yours in its place."
    )
