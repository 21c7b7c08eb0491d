"""The finder's adapters, loaded with the first crisis."""

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.crisis_keys import KeyFiles
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import store
from necmergitur.finder.holding import Holding
from necmergitur.operations.population.finding import SOURCES

FINDER_CONNECTIONS = 4  # ours: the feed, and questions that look whether a row still stands


def holding(settings: Settings) -> Holding:
    """Return what will hold the names."""
    return Holding(store(settings, FINDER_CONNECTIONS), KeyFiles(settings.home), SOURCES, SystemClock())
