"""Trials in PostgreSQL. The trigger `trial_told` holds what may change (NM023)."""

from uuid import UUID

from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.innovation.trial import Trial

CODEC = RowCodec(Trial)
SQL = {
    name: fill(query, columns=CODEC.columns(), values=CODEC.values(), updates=CODEC.updates())
    for name, query in load("trials").items()
}


class TrialMixin:
    """`operations.trials.TrialTransaction` beyond the facts."""

    cursor: Statements

    def trial(self, trial_id: UUID) -> Trial | None:
        """Return one trial as it stands."""
        row = self.cursor.execute(SQL["one"], {"id": trial_id}).fetchone()
        return None if row is None else CODEC.from_row(row)

    def trials_running(self) -> list[UUID]:
        """Return the trials whose keys are open."""
        return [row[0] for row in self.cursor.execute(SQL["running"])]

    def put_trial(self, trial: Trial, seq: int) -> None:
        """Store a trial as its last fact says it is."""
        self.cursor.execute(SQL["put"], {**CODEC.to_row(trial), "last_seq": seq})
