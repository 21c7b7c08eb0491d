"""`nec live`: one origin for screens, phones and pages."""

import click
import uvicorn

from necmergitur.adapters.child_process import keep_to_one_processor
from necmergitur.app import logs, notify
from necmergitur.app.settings import Settings
from necmergitur.app.wiring.live import live_app

KEEP_ALIVE_S = 30
STOP_S = 2


@click.command()
@click.option("--without-pages", is_flag=True, help="Serve only live paths (pages run behind another server).")
@click.pass_obj
def command(settings: Settings, without_pages: bool) -> None:
    """Serve the live paths, and the pages behind them. `nec run` starts it."""
    logs.configure("live", settings.log_level)
    keep_to_one_processor()  # before any thread: they inherit it
    application = live_app(settings, pages=not without_pages, alive=notify.alive)
    config = uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=application.lane(),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
        server_header=False,
    )
    uvicorn.Server(config).run()
