"""A `Refusal` is falsy, as None is: where either may be, the truth of it tells nothing, and a guard that asks is dead."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
RETURNS = {"Refusal | None", "None | Refusal"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _refusing(trees: Mapping[str, ast.Module]) -> frozenset[str]:
    """Return names of functions that return a refusal or None, wherever something of that name is defined."""
    found: dict[str, set[bool]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                found.setdefault(node.name, set()).add(
                    node.returns is not None and ast.unparse(node.returns) in RETURNS
                )
        for node in tree.body:  # a rule of the same name, which is a value
            for target in (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            ):
                found.setdefault(ast.unparse(target), set()).add(False)
    return frozenset(name for name, said in found.items() if said == {True})


def _is_refusal(node: ast.expr, refusing: frozenset[str]) -> bool:
    """Return whether a value is a refusal or None for sure."""
    if isinstance(node, ast.IfExp):
        sides = (node.body, node.orelse)
        nothing = [isinstance(side, ast.Constant) and side.value is None for side in sides]
        return not all(nothing) and all(
            none or _is_refusal(side, refusing) for none, side in zip(nothing, sides, strict=True)
        )
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name == "Refusal" or name in refusing


def _asked(function: ast.AST) -> Iterator[ast.expr]:
    """Return every value whose truth is asked for."""
    for node in ast.walk(function):
        if isinstance(node, ast.BoolOp):
            yield from node.values[:-1]
        elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand
        elif isinstance(node, ast.comprehension):
            yield from node.ifs


def _names(function: ast.AST, refusing: frozenset[str]) -> set[str]:
    """Return names of a function that are never anything but a refusal or None."""
    given: dict[str, list[bool]] = {}
    stores: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    given.setdefault(target.id, []).append(_is_refusal(node.value, refusing))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stores[node.id] = stores.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            given.setdefault(node.arg, []).append(False)
    return {name for name, said in given.items() if all(said) and len(said) == stores.get(name, 0)}


def _dead_in(function: ast.AST, refusing: frozenset[str]) -> list[ast.expr]:
    names = _names(function, refusing)
    asked = _asked(function)
    return [one for one in asked if (isinstance(one, ast.Name) and one.id in names) or _is_refusal(one, refusing)]


def dead(trees: Mapping[str, ast.Module]) -> list[str]:
    """Return where the truth of a refusal is asked for: a call, or a name that is never anything else."""
    refusing = _refusing(trees)
    found = {
        f"{module}:{value.lineno} {ast.unparse(value)[:60]}"
        for module, tree in trees.items()
        for function in ast.walk(tree)
        if isinstance(function, Function)
        for value in _dead_in(function, refusing)
    }
    return sorted(found)


def test_nobody_asks_for_the_truth_of_a_refusal() -> None:
    trees = {str(path.relative_to(SOURCE)): ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}
    assert len(_refusing(trees)) > 40, "the rule sees functions that refuse"
    assert dead(trees) == []


def test_a_dead_guard_is_seen() -> None:
    text = """
def conflict(row) -> Refusal | None: ...
def right(row):
    found = conflict(row)
    if found is not None or row: return found
def one(row):
    early = Refusal(rule="x") if row else None
    return early or conflict(row)
def two(row): return conflict(row) or row
def three(row):
    found = conflict(row)
    if not found: return 1
"""
    assert {one.partition(" ")[2] for one in dead({"m": ast.parse(text)})} == {"found", "conflict(row)", "early"}
