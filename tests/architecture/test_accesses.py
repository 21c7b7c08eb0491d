"""Nothing about a person is read past the gate: an inventory of what opens something sealed, and of who leads there.

What opens is found in the code itself (`….unseal(…)`), as is who calls it. A new reading is one of three things: it
stands in the inventory with its line of `governance.accesses`, it is led to by something that asks the gate, or this
fails.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from necmergitur.governance.accesses import ACCESSES, READINGS
from tests.operations.emptied import empty_database, shared_database

__all__ = ["empty_database", "shared_database"]
ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
Function = tuple[str, str]  # module, name
GATE = ("necmergitur.governance.gate", "access")
P, A = "necmergitur.operations.population.", "necmergitur.adapters.postgres."

# What opens something sealed, and what for: lines of the list of accesses.
OPENS: Mapping[Function, tuple[tuple[str, str], ...]] = {
    ("necmergitur.operations.devices", "_open_holder"): (("holder", "answer_call"),),
    ("necmergitur.operations.observing", "_view_still"): (("still", "answer_call"), ("still", "review_call")),
    (A + "rights", "RightsMixin.own_holder"): (("holder", "own_data"),),
    (A + "sensors", "_opened"): ((READINGS, "as the paper says"),),
    (P + "abuse", "kept_out"): (("record", "abuse"),),
    (P + "abuse", "open_asker"): (("record", "abuse"),),
    (P + "checkins", "opened"): (
        ("call", "answer_call"),
        ("candidate", "family"),
        ("record", "family"),
        ("words", "own_data"),
        ("words", "tell_relatives"),
        ("names", "look_for_people"),
    ),
    (P + "desk", "asked_for"): (("allowance", "oversee"),),
    (P + "desk", "reasons"): (("reasons", "oversee"),),
    (P + "doors", "opened"): (("case", "answer_call"), ("shelter", "own_data"), ("shelter", "bring_together")),
    (P + "doors_pages", "_lines"): (("shelter", "own_data"),),
    (P + "finding", "PersonSource.open"): (("names", "look_for_people"),),
    (P + "following", "told_of"): (("words", "tell_relatives"),),
    (P + "meeting", "ring"): (("shelter", "own_data"),),
    (P + "missing", "opened"): (
        ("record", "import"),
        ("record", "family"),
        ("queue", "family"),
        ("notices", "look_for_people"),
    ),
    (P + "missing", "opened_note"): (("record", "family"), ("queue", "abuse"), ("notices", "look_for_people")),
    (P + "pictures", "view"): (("record", "family"), ("notices", "look_for_people")),
    (P + "questions", "_answer"): (("notices", "look_for_people"), ("questions", "tell_relatives")),
    (P + "questions", "_opened"): (("notices", "look_for_people"), ("questions", "tell_relatives")),
    (P + "questions", "_said"): (("notices", "look_for_people"), ("questions", "tell_relatives")),
    (P + "telling", "_send"): (("words", "tell_relatives"),),
}
# What opens for whoever already holds a pass.
HOLDS_A_PASS = {(A + "store", "PostgresTransaction.unseal"): "a pass is its argument"}
# What leads to something sealed without asking by itself, and why.
ASKED_BEFORE: Mapping[Function, str] = {
    (A + "rights", "RightsMixin.own_holder"): "a pass is its argument",
    (A + "sensors", "SensorMixin.readings"): "a pass is its argument",
    (P + "finding", "CheckInSource.open"): "finder.holding holds no crisis that the gate does not open to it",
    (P + "finding", "PersonSource.open"): "finder.holding holds no crisis that the gate does not open to it",
    (P + "meeting", "Both.meeting"): "doors.find asked before there were both",
}


class Code:
    """Who calls whom, as far as names tell."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.functions: dict[Function, ast.AST] = {}
        self._imports: dict[str, dict[str, str]] = {}
        for module, text in sources.items():
            tree = ast.parse(text)
            self._imports[module] = dict(_imports(tree))
            for name, node in _functions(tree.body):
                self.functions[module, name] = node
        self.calls = {function: set(self._named(function)) for function in self.functions}
        self.callers: dict[Function, set[Function]] = {}
        for function, called in self.calls.items():
            for one in called:
                self.callers.setdefault(one, set()).add(function)

    def _named(self, function: Function) -> Iterator[Function]:
        module, owner = function[0], function[1].rpartition(".")[0]
        for node in ast.walk(self.functions[function]):
            found: Function | None = None
            if isinstance(node, ast.Name):
                whole = self._imports[module].get(node.id, "")
                found = (module, node.id) if (module, node.id) in self.functions else _split(whole)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "self":
                    found = (module, f"{owner}.{node.attr}")
                else:
                    found = (self._imports[module].get(node.value.id, ""), node.attr)
            if found in self.functions and found != function:
                yield found

    def opening(self) -> set[Function]:
        """Return what calls `….unseal(…)` itself."""
        return {
            function
            for function, node in self.functions.items()
            for one in ast.walk(node)
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "unseal"
        }

    def leading_to(self, goals: set[Function]) -> set[Function]:
        """Return what calls one of these, directly or through others, with themselves."""
        found, waiting = set(goals), list(goals)
        while waiting:
            more = self.callers.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return found

    def unasked(self) -> set[Function]:
        """Return the ends of the ways to something sealed from where nothing on the way asks the gate."""
        asks = self.leading_to({GATE})
        ways = self.leading_to(self.opening())
        return {one for one in ways - asks if not self.callers.get(one, set()) & ways}


def _functions(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{within}{node.name}.")


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield name.asname or name.name, f"{node.module}.{name.name}"


def _split(whole: str) -> Function:
    module, _dot, name = whole.rpartition(".")
    return module, name


def _sources() -> dict[str, str]:
    found = {}
    for path in (SOURCE / "necmergitur").rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        if ".migrations." not in module and not module.startswith("necmergitur.sim."):
            found[module] = path.read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return _sources()


@pytest.fixture(scope="module")
def code(sources: dict[str, str]) -> Code:
    return Code(sources)


def test_whatever_opens_something_sealed_is_in_the_inventory_with_what_it_is_opened_for(code: Code) -> None:
    assert code.opening() == OPENS.keys() | HOLDS_A_PASS.keys()
    lines = {(one.what, one.purpose) for one in ACCESSES}
    assert {line for opened in OPENS.values() for line in opened if line[0] != READINGS} <= lines


def test_whoever_leads_to_something_sealed_asks_the_gate(code: Code) -> None:
    assert code.unasked() == ASKED_BEFORE.keys() | HOLDS_A_PASS.keys()


# What of the sealed the writer of facts, or a page, may select, and what it is behind. Everything else sealed is shown
# by functions alone (`holders.opened`, `holders.own`, `still_opened`), or by row-level security (`reading`).
SELECTED = {
    "public.ledger_event.personal": "beside facts: the chain is checked over it, and nothing of ours opens it",
    "public.reading.sealed": "row-level security: its purpose and its reader said, its paper in force",
    "population": "sealed under keys that lie outside the database: whoever asks for one asks the gate",
}


@pytest.mark.parametrize("role", ["nec_ledger", "nec_web"])
def test_no_role_selects_what_is_sealed_but_what_is_named_here(empty_database: str, role: str) -> None:
    with psycopg.connect(empty_database) as owner:
        found = owner.execute(
            "SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'holders', 'population')"
            " AND a.attname IN ('sealed', 'personal') AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v')"
            " AND NOT c.relispartition AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')",
            [role],
        ).fetchall()
    selected = {"population" if schema == "population" else f"{schema}.{table}.{name}" for schema, table, name in found}
    assert selected <= SELECTED.keys()
    if role == "nec_web":
        assert "population" not in selected, "pages select nothing that people said"
    with psycopg.connect(empty_database) as owner:  # planted: a table as any migration might add one
        owner.execute("CREATE TABLE holders.diary (sealed bytea); GRANT SELECT ON holders.diary TO nec_ledger, nec_web")
        ((planted,),) = owner.execute("SELECT has_column_privilege(%s, 'holders.diary', 'sealed', 'SELECT')", [role])
        assert planted and "holders.diary.sealed" not in SELECTED
        owner.rollback()


@pytest.mark.parametrize(
    ("module", "planted", "told"),
    [
        (P + "desk", "def peek(key, row):\n    return key.unseal(row.salt, row.sealed, row.id)\n", "opening"),
        ("necmergitur.web.people_desk.desk", "def peek(key, row):\n    return missing_opened(key, row)\n", "unasked"),
    ],
)
def test_a_planted_reading_is_told(sources: dict[str, str], module: str, planted: str, told: str) -> None:
    more = f"\nfrom necmergitur.operations.population.missing import opened as missing_opened\n\n\n{planted}"
    some = {name: text for name, text in sources.items() if name == module or name.startswith((P, "necmergitur.gov"))}
    found = Code(some | {module: sources[module] + more})
    assert (module, "peek") in (found.opening() if told == "opening" else found.unasked())
