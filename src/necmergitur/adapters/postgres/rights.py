"""One person's data, gathered in PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.passes import Pass
from necmergitur.operations.rights import Held, Looked

SQL = load("rights")
ROWS_MAX = 5_000  # ours: years of presses; a page that lists them still loads on a telephone


class RightsMixin:
    """`operations.rights.RightsTransaction` beyond the facts."""

    cursor: Statements
    unseal: Callable[[bytes, Pass], bytes | None]  # the transaction's own

    def credential_of(self, device_id: str) -> bytes | None:
        """Return the digest of a personal button's credential."""
        row = self.cursor.execute(SQL["device"], {"device": device_id}).fetchone()
        return None if row is None or row[4] is None else bytes(row[4])

    def held_about(self, device_id: str) -> Held | None:
        """Return what is held about a button's holder."""
        row = self.cursor.execute(SQL["device"], {"device": device_id}).fetchone()
        if row is None:
            return None
        untold = self._untold(device_id)
        return Held(
            device=row[0],
            installed_at=row[2],
            retired_at=row[3],
            holder=None,
            presses=self._rows("presses", device_id, untold, "kind received_at lon lat accuracy_m zone test"),
            incidents=self._rows(
                "incidents",
                device_id,
                untold,
                "id number kind opened_at closed_at outcome own notes observations stills places_erased texts_erased",
            ),
        )

    def own_holder(self, device_id: str, under: Pass) -> str | None:
        """Return who holds a button, in the transaction whose last fact says that their data is handed out."""
        sealed = self.cursor.execute(SQL["holder"], {"device": device_id}).fetchone()
        plain = None if sealed is None or sealed[0] is None else self.unseal(bytes(sealed[0]), under)
        return None if plain is None else plain.decode()

    def looked_at(self, device_id: str) -> list[Looked]:
        """Return who looked at what, newest first."""
        untold = self._untold(device_id)
        found = [
            Looked(at=at, what="holder", by=_account(by), why=why, incident=number or "", under_glass=glass or "")
            for at, by, why, number, glass in self._all("openings", device_id, untold)
        ]
        found += [
            Looked(at=at, what="still", by=_account(by), why="", incident=number, under_glass=glass or "")
            for at, by, number, glass in self._all("still_views", device_id, untold)
        ]
        found += [
            Looked(at=at, what="break_glass", by=0, why=scope, incident=number, under_glass=readers)
            for at, scope, readers, _ends, _uses, _justified, number in self._all("glasses", device_id, untold)
        ]
        return sorted(found, key=_when, reverse=True)

    def _untold(self, device_id: str) -> list[UUID]:
        """Return the incidents that no page tells of."""
        return [row[0] for row in self.cursor.execute(SQL["at_the_desk"], {"device": device_id})]

    def _rows(self, query: str, device_id: str, untold: list[UUID], names: str) -> tuple[dict[str, Any], ...]:
        return tuple(dict(zip(names.split(), row, strict=True)) for row in self._all(query, device_id, untold))

    def _all(self, query: str, device_id: str, untold: list[UUID]) -> list[Any]:
        parts = {"device": device_id, "untold": untold, "limit": ROWS_MAX}
        return self.cursor.execute(SQL[query], parts).fetchall()


def _when(looked: Looked) -> datetime:
    return looked.at


def _account(actor: str) -> int:
    source, _, number = actor.partition(":")
    return int(number) if source == "user" and number.isdigit() else 0
