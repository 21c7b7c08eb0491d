"""Read our own source as text: constants with their units and sources, streams, audit tags. Nothing is executed."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import msgspec

_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*")
# The last words of a name that say its unit, the longest first.
UNITS = (
    ("PCT_PER_S", "% a second"),
    ("DEG_S", "° a second"),
    ("PER_S", "a second"),
    ("M_S2", "m/s²"),
    ("M_S", "m/s"),
    ("M2", "m²"),
    ("MS", "ms"),
    ("S", "s"),
    ("H", "h"),
    ("M", "m"),
    ("PX", "pixels"),
    ("HZ", "Hz"),
    ("DEG", "°"),
    ("PCT", "%"),
    ("BYTES", "bytes"),
    ("SECONDS", "s"),
)
# Words after the unit.
_QUALIFIERS = re.compile(r"(_(MAX|MIN|FIRST|LAST|SLOW))+$")
_TS_CONSTANT = re.compile(r"export const ([A-Z0-9_]+)(?:: [^=]+)? = ([^;]+);")
_HEADING = re.compile(r"^-{3} (.*?) -{3,}$|^-{3,}$")
# "Ladder: ..." speaks for the whole unbroken run of lines below it; any other comment for the next line alone.
_LABEL = re.compile(r"[A-Z][\w ]{0,30}: ")


class Constant(msgspec.Struct, frozen=True):
    """One named constant. `counts`: its value is a number or a duration; `source` is empty when none is stated."""

    name: str
    value: str
    unit: str
    source: str
    line: int
    counts: bool


def constants(path: Path) -> list[Constant]:
    """Return the module-level constants of a Python or TypeScript file, in order."""
    text = path.read_text(encoding="utf-8")
    return list(_typescript(text) if path.suffix == ".ts" else _python(text))


def unit_of(name: str) -> str:
    """Return the unit that the end of a constant's name says, empty when it says none."""
    stem = _QUALIFIERS.sub("", name)
    return next((unit for word, unit in UNITS if stem.endswith("_" + word)), "")


def _python(text: str) -> Iterator[Constant]:
    sources = _Sources(text)
    known: dict[str, object] = {}
    for node in ast.parse(text).body:
        for name, value in _assigned(node):
            number = _evaluated(value, known)
            known[name] = number
            shown = ast.unparse(value) if number is None else said(number)
            yield Constant(
                name=name,
                value=shown if number is not None else f"`{shown}`",
                unit="" if _lasts(number) else unit_of(name),
                source=sources.of(node.lineno, node.end_lineno or node.lineno),
                line=node.lineno,
                counts=number is not None,
            )
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
                break


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield each constant that a statement names, with its value."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        pairs: list[tuple[ast.expr, ast.expr]] = [(node.target, node.value)]
    elif isinstance(node, ast.Assign):
        target, value = node.targets[0], node.value
        both = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        pairs = list(zip(target.elts, value.elts, strict=True)) if both else [(target, value)]  # type: ignore[attr-defined]
    else:
        pairs = []
    for target, value in pairs:
        if isinstance(target, ast.Name) and _NAME.fullmatch(target.id):
            yield target.id, value


def _evaluated(node: ast.expr, known: Mapping[str, object]) -> object:
    """Return the number, duration or tuple of them that `node` writes down; None when it is something else."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return known.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            negated = _evaluated(operand, known)
            return -negated if isinstance(negated, int | float) else None
        case ast.BinOp(left=left, op=op, right=right):
            return _calculated(_evaluated(left, known), op, _evaluated(right, known))
        case ast.Call(func=ast.Name(id="timedelta"), args=[], keywords=given):
            spans = {k.arg: _evaluated(k.value, known) for k in given}
            usable = {k: v for k, v in spans.items() if k is not None and isinstance(v, int | float)}
            return timedelta(**usable) if len(usable) == len(spans) else None
        case ast.Tuple(elts=items):
            values = tuple(_evaluated(item, known) for item in items)
            return None if any(value is None for value in values) else values
        case _:
            return None


def _calculated(left: object, op: ast.operator, right: object) -> object:
    if isinstance(left, timedelta) and isinstance(right, int) and isinstance(op, ast.Mult):
        return left * right
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.Pow():
            return left**right
        case _:
            return None


def _lasts(value: object) -> bool:
    return isinstance(value, timedelta) or (isinstance(value, tuple) and all(_lasts(v) for v in value))


def said(value: object) -> str:
    """Return a number or a duration as a person reads it."""
    if isinstance(value, tuple):
        return ", ".join(said(each) for each in value)
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        for length, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
            if seconds >= length and seconds % length == 0:
                return f"{seconds / length:g} {word}"
        return f"{seconds:g} s"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) and abs(value) >= 1 else f"{value:.6g}"


class _Sources:
    """The comments of one Python file, and which of them speaks for a line."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._comments: dict[int, str] = {}
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                said_there = re.sub(r"^noqa\b[^-]*(-- ?)?", "", token.string.lstrip("# ").rstrip())
                self._comments[token.start[0]] = said_there
        self._whole = {n for n, line in enumerate(self._lines, start=1) if line.lstrip().startswith("#")}

    def of(self, line: int, end_line: int) -> str:
        """Return what is said beside the statement, else above it, else above its run of lines, else by its section."""
        beside = self._comments.get(end_line) or self._comments.get(line)
        if beside:
            return beside
        above = line - 1
        while above > 0 and above not in self._whole and self._lines[above - 1].strip():
            above -= 1
        block = self._block(above)
        speaks = above == line - 1 or _LABEL.match(block)
        return block if block and speaks else self._section(line)

    def _block(self, last: int) -> str:
        """Return the comment block that ends at line `last`, without section headings."""
        first = last
        while first in self._whole and not _HEADING.match(self._comments[first]):
            first -= 1
        return " ".join(self._comments[n] for n in range(first + 1, last + 1))

    def _section(self, line: int) -> str:
        """Return the heading above `line`, when it says more than a title."""
        for n in range(line - 1, 0, -1):
            if n in self._whole and (heading := _HEADING.match(self._comments[n])):
                title = heading[1] or ""
                return title if ":" in title or "(" in title else ""
        return ""


def _typescript(text: str) -> Iterator[Constant]:
    comment: list[str] = []
    open_comment, fresh = False, False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("/**"):
            comment, open_comment, fresh = [], True, True
        if open_comment:
            comment.append(line.removeprefix("/**").removesuffix("*/").strip(" *"))
            open_comment = not line.endswith("*/")
        elif not line:
            comment = []
        elif found := _TS_CONSTANT.fullmatch(line):
            value = _evaluated(ast.parse(found[2].replace("_", ""), mode="eval").body, {})
            shown = f"`{found[2]}`" if value is None else said(value)
            source = " ".join(comment)
            source = source if fresh or _LABEL.match(source) else ""
            fresh = False
            yield Constant(found[1], shown, unit_of(found[1]), source, number, counts=True)


def streams(package: Path) -> list[str]:
    """Return the names of the ledger's streams: what stands before the colon wherever one is built."""
    found: set[str] = set()
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value: ast.expr | None = None
            if isinstance(node, ast.keyword) and node.arg == "stream":
                value = node.value
            elif isinstance(node, ast.FunctionDef) and node.name == "stream_of":
                value = next((n.value for n in node.body if isinstance(n, ast.Return)), None)
            if isinstance(value, ast.JoinedStr) and isinstance(first := value.values[0], ast.Constant):
                found.add(str(first.value).partition(":")[0])
    return sorted(found)


def audit_tags(package: Path) -> list[str]:
    """Return every tag that some operation gives to `audit`, each branch of a tag spelled out."""
    found: set[str] = set()
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "audit":
                found.update(tag for argument in node.args for tag in _texts(argument) if tag.count(":") > 1)
    return sorted(found)


def _texts(node: ast.expr) -> list[str]:
    """Return every text an expression may become: a literal, one of two, or a format of those."""
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one), *_texts(other)]
        case ast.FormattedValue(value=value):
            return _texts(value) or ["…"]
        case ast.JoinedStr(values=parts):
            texts = [""]
            for part in parts:
                texts = [before + after for before in texts for after in _texts(part)]
            return texts
        case _:
            return []
