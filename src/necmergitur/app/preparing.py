"""What must be true before the first process of a city starts."""

from collections.abc import Callable

from necmergitur.adapters.messages.push import public_key
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app import wiring
from necmergitur.app.founding import found_city
from necmergitur.app.probing import enrol_probe
from necmergitur.app.settings import Settings
from necmergitur.app.shredding import replay
from necmergitur.app.static_files import gather_static
from necmergitur.app.web_environment import export_for_web


def prepare(settings: Settings, show: Callable[[str], None]) -> PostgresStore:
    """Migrate, gather static files, make a city if there is none; `show` what was done. The caller closes the store."""
    export_for_web(settings)
    from necmergitur.web.migrate import collect_static, migrate  # noqa: PLC0415 -- Django reads its settings first
    from necmergitur.web.population.prerender import public_key_file, render_pages  # noqa: PLC0415 -- the same

    migrate(settings.database_url)
    gather_static(settings, collect_static)
    render_pages(settings.home)
    public_key_file(settings.home).write_text(public_key(settings.secret("push")))
    over = wiring.store(settings)
    replayed = replay(settings, over)
    if replayed.again:
        told = ", ".join(f"{count} {name}" for name, count in sorted(replayed.again.items()))
        show(f"  Erased persons had come back with a backup; destroyed again: {told}.")
    made = found_city(settings, over)
    if made:
        show(made)
    enrol_probe(settings, over)
    return over
