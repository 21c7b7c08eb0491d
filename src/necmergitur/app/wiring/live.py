"""The live process's adapters, and the pages mounted behind."""

from collections.abc import Callable

from a2wsgi import WSGIMiddleware

from necmergitur.adapters.clock import SystemClock
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import PATIENCE_S, ground, store
from necmergitur.live.app import LiveApp
from necmergitur.live.parts import LiveParts

PAGES_THREADS = 8  # a sync page spends its time waiting for PostgreSQL; measured 785 requests/s on two cores
LIVE_CONNECTIONS = 6


def live_app(settings: Settings, *, pages: bool = True, alive: Callable[[], None] = lambda: None) -> LiveApp:
    """Return the ASGI application: live paths, and the pages behind them unless they run elsewhere."""
    over = store(settings, LIVE_CONNECTIONS, PATIENCE_S)
    parts = LiveParts(
        store=over,
        database_url=settings.database_url,
        nats_urls=settings.nats_url,
        clock=SystemClock(),
        ground=ground(exercise=settings.exercise),
        pin_key=settings.secret("subject"),
        home=settings.home,
        uplink_token=settings.uplink_token,
        log_secret=settings.secret("log"),
        region=settings.region,
        checkins_per_s=settings.checkins_per_s,
        work_secret=settings.secret("web"),
        sms_token=settings.sms_token,
    )
    if not pages:
        return LiveApp(parts, alive=alive)
    from necmergitur.web.wsgi import application, load_pages

    served = WSGIMiddleware(application, workers=PAGES_THREADS)  # type: ignore[arg-type]  # it is WSGI
    return LiveApp(parts, served, alive=alive, warm=load_pages)
