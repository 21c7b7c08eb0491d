"""Translations with Babel alone: `python -m necmergitur.web.messages update [room ...]|check|compile`.

Message ids are plain English; each application keeps its French in `locale/fr/LC_MESSAGES/django.po`, and
templates shared by all in `web/locale`. Templates are read through Django's own parser, so exactly what
will be looked up is what is extracted. Compiled files are made by `make setup` and never committed; a start makes
those that are missing or old where it may write (a working copy), and says so where it may not (a service).
"""

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import engines
from django.template.base import FilterExpression, Variable
from django.template.smartif import TokenBase
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.functional import Promise
from django.utils.translation import override, trim_whitespace

from necmergitur.web.boot import boot

log = logging.getLogger(__name__)
HERE = Path(__file__).resolve().parent
LANGUAGE = "fr"
DOMAIN = "django"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Texts are read without signing anything or opening a database; Django wants to be told of both all the same.
UNUSED_SETTINGS = {"NEC_SECRET_WEB": "0" * 64, "NEC_DATABASE_URL": "postgresql:///unused"}
COMPILED_MODE = 0o644  # whoever compiles, the service of another account reads
# Catalogues carry no date of their own: history has it, and two people's updates then do not collide.
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def rooms() -> dict[str, Path]:
    """Return each application's directory, and `web` itself for what all share."""
    found = {path.parent.name: path.parent for path in sorted(HERE.glob("*/apps.py"))}
    return {"web": HERE, **found}


def catalogue_path(directory: Path) -> Path:
    """Return where a room keeps its French."""
    return directory / "locale" / LANGUAGE / "LC_MESSAGES" / f"{DOMAIN}.po"


def compile_catalogues() -> list[Path]:
    """Write each `.mo` older than its `.po`, or hidden from others; return those written.

    Safe when several processes start at once. Raises OSError where the tree may not be written.
    """
    written = []
    for directory in rooms().values():
        source = catalogue_path(directory)
        target = source.with_suffix(".mo")
        if not source.exists() or _is_current(target, source):
            continue
        handle, temporary = tempfile.mkstemp(dir=source.parent, suffix=".mo.part")
        with os.fdopen(handle, "wb") as out:
            write_mo(out, _typeset(_read(source)))
            os.fchmod(out.fileno(), COMPILED_MODE)
        Path(temporary).replace(target)
        written.append(target)
    return written


# Before a colon and inside guillemets a space that no line breaks at (Lexique des règles typographiques, Imprimerie
# nationale); of the narrow one before ? ! ; old telephones show a box.
_BEFORE, _WITHIN = re.compile(r" ([:;?!»])"), re.compile("« ")


def _typeset(catalogue: Catalog) -> Catalog:
    """Set French signs as French readers expect them: catalogues are typed with ordinary spaces."""
    for message in catalogue:
        if message.id:
            given = message.string
            message.string = _set(given) if isinstance(given, str) else tuple(map(_set, given))
    return catalogue


def _set(words: str) -> str:
    return _WITHIN.sub("«\N{NO-BREAK SPACE}", _BEFORE.sub("\N{NO-BREAK SPACE}\\1", words))


def _is_current(target: Path, source: Path) -> bool:
    if not target.exists():
        return False
    found = target.stat()
    return found.st_mtime_ns >= source.stat().st_mtime_ns and found.st_mode & COMPILED_MODE == COMPILED_MODE


def refresh() -> None:
    """Compile what changed, at a start. A tree that is read-only for the service keeps the words it has."""
    try:
        compile_catalogues()
    except OSError as failure:
        log.warning("translations are old or missing, and %s may not be written: run make setup", failure.filename)


def needed(directory: Path) -> Catalog:
    """Return the messages a room's templates and modules ask for, each with where."""
    catalogue = Catalog(locale=LANGUAGE, domain=DOMAIN, charset="utf-8", fuzzy=False)
    for where, context, message in sorted(_asked(directory), key=lambda found: (str(found[0]), str(found[2]))):
        catalogue.add(message, context=context, locations=[(where, 0)])
    return catalogue


def update(only: Iterable[str] = ()) -> list[str]:
    """Bring catalogues (all, or `only` those rooms) to what is asked: keep known French, add the new, drop the rest."""
    changed = []
    chosen = set(only)
    for room, directory in rooms().items():
        if chosen and room not in chosen:
            continue
        wanted = needed(directory)
        target = catalogue_path(directory)
        if not len(wanted) and not target.exists():
            continue
        known = {(_key(old.id), old.context): old.string for old in _read(target)} if target.exists() else {}
        for entry in wanted:
            if entry.id:
                entry.string = known.get((_key(entry.id), entry.context), entry.string)
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_bytes() if target.exists() else b""
        wanted.creation_date = wanted.revision_date = UNDATED
        with target.open("wb") as out:
            write_po(
                out,
                wanted,
                width=110,
                sort_output=True,
                omit_header=False,
                include_lineno=False,
            )
        if target.read_bytes() != before:
            changed.append(room)
    return changed


def problems() -> list[str]:
    """Return what keeps the French from being complete: a missing, empty or fuzzy entry, or one nobody asks for."""
    found = []
    said: dict[tuple[str, Any], dict[str, str]] = {}
    for room, directory in rooms().items():
        wanted = {(_key(entry.id), entry.context): entry for entry in needed(directory) if entry.id}
        path = catalogue_path(directory)
        have = {(_key(entry.id), entry.context): entry for entry in _read(path) if entry.id} if path.exists() else {}
        for identity, entry in wanted.items():
            there = have.get(identity)
            where = ", ".join(file for file, _line in entry.locations[:1])
            if there is None or not _complete(there):
                found.append(f"{room}: not translated: {identity[0]!r} ({where})")
            elif there.fuzzy:
                found.append(f"{room}: fuzzy: {identity[0]!r}")
            else:
                found += [f"{room}: {identity[0]!r}: {error}" for error in there.check()]
        found += [f"{room}: nobody asks for: {identity[0]!r}" for identity in have.keys() - wanted.keys()]
        for identity, entry in have.items():
            said.setdefault(identity, {})[room] = str(entry.string)
    return sorted(found + _differing(said))


def _differing(said: dict[tuple[str, Any], dict[str, str]]) -> list[str]:
    """Return texts that rooms say in two ways. Catalogues are merged by id: one would win, on the other's pages too."""
    return [
        f"{' and '.join(sorted(by_room))} differ on {identity[0]!r}: give one a context"
        for identity, by_room in said.items()
        if len(set(by_room.values())) > 1
    ]


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=LANGUAGE, domain=DOMAIN)


def _key(message: Any) -> str:
    return message[0] if isinstance(message, (tuple, list)) else str(message)


def _complete(entry: Message) -> bool:
    strings = entry.string if isinstance(entry.string, (tuple, list)) else [entry.string]
    return all(strings)


def _asked(directory: Path) -> Iterator[tuple[str, str | None, Any]]:
    for path in sorted(_own_files(directory, "*.py")):
        for _line, message, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
            yield str(path.relative_to(HERE)), context, message
    for path in sorted([*_own_files(directory, "*.html"), *_own_files(directory, "*.txt")]):
        for context, message in template_messages(path.read_text(encoding="utf-8")):
            yield str(path.relative_to(HERE)), context, message


def _own_files(directory: Path, pattern: str) -> Iterable[Path]:
    """Return a room's files; for `web` itself, those in no other room."""
    others = [path for name, path in rooms().items() if name != "web"] if directory == HERE else []
    for path in directory.rglob(pattern):
        if any(other in path.parents for other in others) or path.name == "messages.py":
            continue
        if pattern != "*.py" and "templates" not in path.parts:
            continue
        yield path


def template_messages(source: str) -> Iterator[tuple[str | None, Any]]:
    """Yield (context, message id or ids) a template looks up, by walking Django's own parse of it."""
    engine: Any = engines["django"]
    parsed = engine.engine.from_string(source)
    for node in _nodes(parsed.nodelist):
        yield from _node_messages(node)


def _nodes(nodelist: Iterable[Any]) -> Iterator[Any]:
    for node in nodelist:
        yield node
        inner = [
            getattr(node, name, None)
            for name in (
                "nodelist",
                "nodelist_true",
                "nodelist_false",
                "nodelist_loop",
                "nodelist_empty",
            )
        ]
        for each in inner:
            if each:
                yield from _nodes(each)
        for _condition, branch in getattr(node, "conditions_nodelists", ()):
            yield from _nodes(branch)
        for slot in (getattr(node, "slots", None) or {}).values():
            yield from _nodes(slot if not hasattr(slot, "nodelist") else slot.nodelist)


def _node_messages(node: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(node, BlockTranslateNode):
        context = node.message_context.var if node.message_context else None
        singular = _block(node, node.singular)
        yield (
            context,
            (singular, _block(node, node.plural)) if node.plural else singular,
        )
        return
    if isinstance(node, TranslateNode):
        context = node.message_context.var if node.message_context else None
        variable = node.filter_expression.var
        literal = variable if isinstance(variable, str) else variable.literal
        if isinstance(literal, str):
            # Doubled by Django so that a lone percent sign is not a format.
            yield (
                context,
                literal.replace("%%", "%").replace("%", "%%") if "%" in literal else literal,
            )
        return
    yield from ((None, text) for text in _lazy_literals(vars(node).values()))


def _block(node: Any, tokens: list[Any]) -> str:
    text, _names = node.render_token_list(tokens)
    if node.trimmed:
        text = trim_whitespace(text)
    return str(text)


def _lazy_literals(values: Iterable[Any]) -> Iterator[str]:
    """Yield texts written `_("…")` in a tag's or a filter's arguments; Django has made them lazy translations."""
    for value in values:
        if isinstance(value, FilterExpression):
            yield from _lazy_literals([value.var])
            yield from _lazy_literals(argument for _name, arguments in value.filters for _lookup, argument in arguments)
        elif isinstance(value, Promise):
            with override(None):
                yield str(value)
        elif isinstance(value, Variable):
            if value.translate and isinstance(value.literal, str):
                yield value.literal
        elif isinstance(value, TokenBase):  # what an `if` compares
            yield from _lazy_literals([value.first, value.second, getattr(value, "value", None)])
        elif isinstance(value, dict):
            yield from _lazy_literals(value.values())
        elif isinstance(value, (list, tuple)):
            yield from _lazy_literals(value)


def main(arguments: list[str]) -> int:
    """Run one of `update`, `check`, `compile`; return the exit code."""
    for name, unused in UNUSED_SETTINGS.items():
        os.environ.setdefault(name, unused)
    boot()
    said: list[str] = []
    if arguments == ["compile"]:
        said = [str(path) for path in compile_catalogues()]
    elif arguments[:1] == ["update"]:
        said = update(arguments[1:])
    elif arguments == ["check"]:
        said = problems()
    else:
        said = [__doc__]
    sys.stdout.writelines(line + "\n" for line in said)
    return 0 if arguments[:1] in (["compile"], ["update"]) or not said else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
