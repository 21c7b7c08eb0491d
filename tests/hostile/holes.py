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
def nowhere() -> Iterator[None]:
    """Take out nothing."""
    yield
