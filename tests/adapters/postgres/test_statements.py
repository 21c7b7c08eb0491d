"""Statements sent ahead: nothing is waited for before the commit, and nothing is kept when one of them fails."""

import psycopg
import pytest

from necmergitur.adapters.postgres.statements import sent_ahead

TABLE = "CREATE TABLE kept (id int PRIMARY KEY)"
PUT = "INSERT INTO kept (id) VALUES (%(id)s)"


@pytest.fixture
def connection(database: str):
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute(TABLE)
        connection.commit()
        yield connection
        connection.rollback()
        connection.execute("DROP TABLE kept")


def kept(database: str) -> list[int]:
    """Return what another connection sees."""
    with psycopg.connect(database) as other:
        return [row[0] for row in other.execute("SELECT id FROM kept ORDER BY id")]


def test_what_was_sent_ahead_is_committed_when_the_block_is_left(connection, database: str) -> None:
    with sent_ahead(connection) as statements:
        statements.execute(PUT, {"id": 1})
        statements.executemany(PUT, [{"id": 2}, {"id": 3}])
        assert kept(database) == []
    assert kept(database) == [1, 2, 3]
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def twice_the_same(connection, *, read_after: bool = False) -> None:
    with sent_ahead(connection) as statements:
        statements.execute(PUT, {"id": 1})
        statements.execute(PUT, {"id": 1})
        if read_after:
            statements.execute("SELECT 1").fetchone()


@pytest.mark.parametrize("read_after", [False, True])
def test_a_write_that_fails_is_raised_at_the_next_wait_and_nothing_is_kept(
    connection, database: str, read_after: bool
) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        twice_the_same(connection, read_after=read_after)
    connection.rollback()
    assert kept(database) == []


def given_up(connection) -> None:
    with sent_ahead(connection) as statements:
        statements.execute(PUT, {"id": 1})
        raise RuntimeError


def test_an_exception_of_ours_rolls_back_what_was_sent(connection, database: str) -> None:
    with pytest.raises(RuntimeError):
        given_up(connection)
    connection.rollback()
    assert kept(database) == []


def test_answers_are_those_of_their_own_statement(connection) -> None:
    with sent_ahead(connection) as statements:
        statements.execute(PUT, {"id": 7})
        one, two = statements.execute("SELECT 1"), statements.execute("SELECT 2")
        statements.execute(PUT, {"id": 8})
        assert two.fetchone() == (2,)
        assert one.fetchone() == (1,)


def test_a_row_count_waits_for_its_answer(connection) -> None:
    with sent_ahead(connection) as statements:
        statements.executemany(PUT, [{"id": n} for n in range(5)])
        assert statements.execute("DELETE FROM kept WHERE id > 1").rowcount == 3


def test_a_question_asked_ahead_answers_the_same_question_and_no_other(connection) -> None:
    with sent_ahead(connection) as statements:
        statements.expect("SELECT %(n)s::int", {"n": 1})
        assert statements.execute("SELECT %(n)s::int", {"n": 2}).fetchone() == (2,)
        statements.expect("SELECT count(*) FROM kept")
        statements.execute(PUT, {"id": 1})
        assert statements.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert statements.execute("SELECT count(*) FROM kept").fetchone() == (1,)
