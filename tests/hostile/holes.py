"""Holes, planted one at a time: a guard is taken out of our code, or out of PostgreSQL, and put back afterwards.

Most promises are kept twice. A guard alone must therefore stop an attack, and an attack must succeed with both taken
out: a test whose attack never succeeds anywhere proves nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql


@contextmanager
def in_code(owner: Any, name: str, instead: Any) -> Iterator[None]:
    """Take a guard out of our code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, instead)
        yield


@contextmanager
def in_function(url: str, function: str, guard: str, instead: str = "") -> Iterator[None]:
    """Take one condition out of a function of the database. Fails when the function holds no such words."""
    with psycopg.connect(url, autocommit=True) as owner:
        ((defined,),) = owner.execute("SELECT pg_get_functiondef(%s::regprocedure)", [function]).fetchall()
        assert guard in defined, f"{function} has no {guard}"
        owner.execute(defined.replace(guard, instead))
        try:
            yield
        finally:
            owner.execute(defined)


@contextmanager
def asleep(url: str, table: str, *triggers: str) -> Iterator[None]:
    """Put some triggers of a table to sleep."""
    of = sql.Identifier(*table.split("."))
    with psycopg.connect(url, autocommit=True) as owner:
        for trigger in triggers:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(of, sql.Identifier(trigger)))
        try:
            yield
        finally:
            for trigger in triggers:
                owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}").format(of, sql.Identifier(trigger)))


@contextmanager
def without_check(url: str, table: str, words: str) -> Iterator[None]:
    """Take away the condition of a table that holds these words; afterwards it judges what is new."""
    with psycopg.connect(url, autocommit=True) as owner:
        ((name, condition),) = owner.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
            " AND contype = 'c' AND pg_get_constraintdef(oid) LIKE %s",
            [table, f"%{words}%"],
        ).fetchall()
        of, which = sql.Identifier(table), sql.Identifier(name)
        owner.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(of, which))
        try:
            yield
        finally:
            added = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(of, which) + sql.SQL(condition)  # type: ignore[arg-type]
            owner.execute(added if "NOT VALID" in condition else added + sql.SQL(" NOT VALID"))


@contextmanager
def nowhere() -> Iterator[None]:
    """Take out nothing."""
    yield
