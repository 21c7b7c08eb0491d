"""`python -m necmergitur.app.documents`: the pages of docs/ that are read off the code, so that they cannot rot.

`docs/constants.md` (every bound and figure with its source), `docs/cli.md` (every command and option) and
`docs/events.md` (every fact that can enter the ledger). `make docs` writes them; a test refuses stale ones.
"""

import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
import msgspec

from necmergitur.app import source_reading
from necmergitur.app.cli import main as nec

ROOT = Path(__file__).resolve().parents[3]
# Rooms whose facts are recorded, lowest first; one that does not exist yet is passed over.
RECORDED = (
    "governance",
    "signals",
    "people",
    "alerts",
    "innovation",
    "territory",
    "lidar",
    "scans",
    "dispatch",
    "operations",
)
NOTICE = "<!-- Written by `make docs`: edit the code it is read from, not this page. -->\n"


def pages() -> dict[str, Callable[[], str]]:
    """Return every generated page: its path below the repository, and what writes it."""
    return {"docs/constants.md": constants_page, "docs/cli.md": cli_page, "docs/events.md": events_page}


def stale(root: Path = ROOT) -> list[str]:
    """Return the generated pages that no longer say what the code says."""
    return [
        name
        for name, write in pages().items()
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != write()
    ]


def constants_page() -> str:
    """Return the register of constants: one section for each file that holds some."""
    parts = [
        "# Constants\n",
        NOTICE,
        "Every bound and figure of the product, with the source its author gave: a law, a standard, a measurement, or",
        "our own choice (`ours`). A unit is the last word of a name. Durations are written out.\n",
        "From a room's `constants.py` all are listed; from elsewhere, the numbers that state a source. Those of the",
        "front end are at the end.\n",
    ]
    for file, found in _constants_by_file():
        parts += [
            f"## {file.removeprefix('src/necmergitur/')}\n",
            "| name | value | unit | source |",
            "|---|---|---|---|",
        ]
        parts += [f"| `{c.name}` | {_cell(c.value)} | {c.unit} | {_cell(c.source)} |" for c in found]
        parts.append("")
    return "\n".join(parts)


def _constants_by_file() -> Iterator[tuple[str, list[source_reading.Constant]]]:
    files = [*sorted((ROOT / "src" / "necmergitur").rglob("*.py")), ROOT / "ui" / "src" / "constants.ts"]
    for path in files:
        if "migrations" in path.parts or not path.exists():
            continue
        found = source_reading.constants(path)
        if path.stem != "constants":
            found = [c for c in found if c.source and c.counts]
        if found:
            yield path.relative_to(ROOT).as_posix(), found


def unsourced(root: Path = ROOT) -> list[str]:
    """Return the constants of `constants.py` modules that state no source, as `file:line name`."""
    return [
        f"{path.relative_to(root).as_posix()}:{c.line} {c.name}"
        for path in sorted((root / "src" / "necmergitur").rglob("constants.py"))
        for c in source_reading.constants(path)
        if not c.source
    ]


def cli_page() -> str:
    """Return every command of `nec`, as its own help says it."""
    parts = [
        "# Commands\n",
        NOTICE,
        "`nec` is installed in `.venv/bin` by `make setup`. Settings come from the environment",
        "([settings.md](settings.md)), never from options. Every command answers `--help`.\n",
    ]
    for path, command in commands():
        if path:
            parts += _command(path, command)
    return "\n".join(parts)


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with its path, groups before their members; the path of `nec` itself is empty."""
    yield from _walk((), nec)


def _walk(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=" ".join(path))
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None, f"{name} is listed but does not exist"
            if not member.hidden:
                yield from _walk((*path, name), member)


def _command(path: tuple[str, ...], command: click.Command) -> list[str]:
    words = " ".join(("nec", *path))
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    lines = [f"{'#' * (len(path) + 1)} {words}\n", inspect.cleandoc(command.help or ""), ""]
    if isinstance(command, click.Group):
        return lines
    lines += [f"    {words} {usage}\n"]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        lines += ["| option | default | meaning |", "|---|---|---|"]
        lines += [f"| `{_spelled(o)}` | {_default(o)} | {_cell(o.help or _asked(o))} |" for o in options]
        lines.append("")
    return lines


def _spelled(option: click.Option) -> str:
    names = ", ".join(option.opts)
    return names if option.is_flag else f"{names} {option.make_metavar(click.Context(nec))}"


def _default(option: click.Option) -> str:
    if option.required:
        return "must be given"
    if option.is_flag or option.multiple or option.prompt or not isinstance(option.default, str | int | float | Path):
        return ""
    return f"`{option.default}`"


def _asked(option: click.Option) -> str:
    return f"Asked for: {option.prompt}." if isinstance(option.prompt, str) else ""


def events_page() -> str:
    """Return every event, its fields, and the tags of audit facts."""
    parts = [
        "# Events\n",
        NOTICE,
        "Everything that can enter the ledger. An event is a frozen struct; its name is the fact's `kind`, its fields",
        "the fact's `payload`. What may name or place a person is not a field: it travels sealed beside the fact",
        "([ADR 0007](adr/0007-sealed-beside-the-fact.md)).\n",
        f"Streams (`name:id`): {', '.join(f'`{s}`' for s in source_reading.streams(ROOT / 'src' / 'necmergitur'))}.\n",
    ]
    for module, events in _events_by_module():
        parts.append(f"## {module}\n")
        for event in events:
            parts += [f"### {event.__name__}\n", inspect.cleandoc(event.__doc__ or ""), ""]
            parts += [f"- `{f.name}`: `{_type(f.type)}`" for f in msgspec.structs.fields(event)]
            parts.append("")
    parts += ["## Audit tags\n", "What an `Audited` fact's `action` may be, `source:subject:action`:\n"]
    parts += [f"- `{tag}`" for tag in source_reading.audit_tags(ROOT / "src" / "necmergitur")]
    return "\n".join([*parts, ""])


def _events_by_module() -> Iterator[tuple[str, list[type[msgspec.Struct]]]]:
    for room in RECORDED:
        package = find_spec(f"necmergitur.{room}")
        if package is None or package.submodule_search_locations is None:
            continue
        for found in pkgutil.iter_modules(package.submodule_search_locations):
            events = _events_of(f"necmergitur.{room}.{found.name}")
            if events:
                yield f"{room}.{found.name}", events


def _events_of(module: str) -> list[type[msgspec.Struct]]:
    """Return a module's own tagged structs (an event is tagged, a state or a value is not), as they stand in it."""
    own = [
        value
        for value in vars(import_module(module)).values()
        if inspect.isclass(value) and issubclass(value, msgspec.Struct) and value.__module__ == module
    ]
    events = [c for c in own if c.__struct_config__.tag is not None]
    return sorted(events, key=lambda event: inspect.getsourcelines(event)[1])


def _type(kind: object) -> str:
    """Return a type as a reader of the code knows it, without the modules it lives in."""
    text = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__origin__") else str(kind)
    return re.sub(r"\b(?:[a-z_]+\.)+([A-Za-z])", r"\1", text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write the pages that changed; with `--check` only say which would, and return 1 when any would."""
    outdated = stale()
    if "--check" in sys.argv[1:]:
        for name in outdated:
            click.echo(f"{name} is not what the code says: run `make docs`", err=True)
        return int(bool(outdated))
    for name in outdated:
        (ROOT / name).write_text(pages()[name](), encoding="utf-8")
        click.echo(f"{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
