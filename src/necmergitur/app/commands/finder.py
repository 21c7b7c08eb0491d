"""`nec finder`: people found by their names, while a crisis may be read."""

import os
import sys
from typing import TYPE_CHECKING

import click

from necmergitur.app import logs, notify
from necmergitur.app.settings import Settings
from necmergitur.finder.main import FinderParts, run

if TYPE_CHECKING:
    from necmergitur.finder.holding import Holding


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Run the finder. `nec run` starts it."""
    logs.configure("finder", settings.log_level)

    def awake() -> "Holding":
        from necmergitur.app.wiring.finder import holding

        return holding(settings)

    parts = FinderParts(database_url=settings.database_url, home=settings.home, awake=awake, anew=_anew)
    run(parts, ready=notify.ready, alive=notify.alive)


def _anew() -> None:
    """Become a new program: the kernel takes back all memory, names included (execve(2))."""
    os.execv(sys.executable, [sys.executable, "-m", "necmergitur.app.cli", "finder"])  # noqa: S606 - ourselves
