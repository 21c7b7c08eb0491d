"""The `nec` command line: every command is a module of `commands`, imported only when it is called."""

import gc
import pkgutil
import sys
from importlib import import_module
from importlib.util import find_spec

import click

# A process of a city loads a thousand modules at its start, and none is rubbish: looking for some meanwhile costs
# a tenth of the time (measured), and a start is short of processors.
if __name__ == "__main__":
    gc.disable()

from necmergitur.app import notify
from necmergitur.app.settings import BadSetting, Settings

# The simulator stands above us, so its commands are found by name, never imported from here.
ROOMS = ("necmergitur.app.commands", "necmergitur.sim.commands")


def command_modules() -> dict[str, str]:
    """Return each command's name and the module that defines it as `command`."""
    found: dict[str, str] = {}
    for room in ROOMS:
        parent = room.rpartition(".")[0]
        package = find_spec(room) if find_spec(parent) is not None else None
        if package is None or package.submodule_search_locations is None:
            continue
        for module in pkgutil.iter_modules(package.submodule_search_locations):
            found[module.name.replace("_", "-")] = f"{room}.{module.name}"
    return dict(sorted(found.items()))


class Discovered(click.Group):
    """A group whose commands are the modules of ROOMS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every command's name, without importing any."""
        return list(command_modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Import one command; None when there is no such module."""
        module = command_modules().get(cmd_name)
        if module is None:
            return None
        command = import_module(module).command
        assert isinstance(command, click.Command), f"{module}.command is not a click command"
        return command


@click.command(cls=Discovered, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="necmergitur", prog_name="nec")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Nec Mergitur: a call for help becomes an incident, a drone flies only for it, and anyone can check.

    Settings are environment variables named NEC_*; docs/settings.md explains each.
    """
    gc.enable()  # the command's module is loaded by now
    notify.wait_for_turn()
    try:
        ctx.obj = Settings.from_environment()
    except BadSetting as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
