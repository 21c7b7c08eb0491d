"""Erasing in PostgreSQL what was kept long enough."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.adapters.sealing import key_of, subject_keys_before
from necmergitur.dispatch.incidents import NoteWritten

SQL = load("retention")
_TEXTS = [NoteWritten.__name__]  # sealed beside an incident's facts, and no place


class RetentionMixin:
    """`operations.retention.RetentionTransaction` beyond the facts."""

    cursor: Statements

    def places_due(self, closed_before: datetime, limit: int) -> list[UUID]:
        """Return ended incidents whose people's places are still kept."""
        return self._due("places_due", closed_before, limit)

    def texts_due(self, closed_before: datetime, limit: int) -> list[UUID]:
        """Return ended incidents whose texts are still kept."""
        return self._due("texts_due", closed_before, limit)

    def erase_places(self, incident_ids: Sequence[UUID], now: datetime) -> Mapping[str, int]:
        """Erase where people pressed; the places of posts stay."""
        parts = {"ids": list(incident_ids), "now": now, "texts": _TEXTS}
        sealed = self._count("erase_sealed_places", parts)
        signals = self._count("erase_signal_places", parts)
        missions = self._count("erase_mission_places", parts)
        incidents = sum(personal for (personal,) in self.cursor.execute(SQL["erase_incident_places"], parts))
        return {"sealed": sealed, "signals": signals, "missions": missions, "incidents": incidents}

    def erase_stray_places(self, before: datetime) -> int:
        """Erase the places of presses that never belonged to an incident."""
        row = self.cursor.execute(SQL["erase_stray_places"], {"before": before}).fetchone()
        assert row is not None
        return int(row[0])

    def erase_texts(self, incident_ids: Sequence[UUID], now: datetime) -> Mapping[str, int]:
        """Erase what people wrote about incidents."""
        parts = {"ids": list(incident_ids), "now": now}
        counts = {
            "sealed": self._count("erase_sealed_texts", parts),
            "notes": self._count("erase_notes", parts),
            "observations": self._count("erase_observations", parts),
            "break_glass": self._count("erase_glass", parts),
        }
        self.cursor.execute(SQL["mark_texts"], parts)
        return counts

    def erase_handovers(self, ended_before: datetime) -> int:
        """Erase the notes of shifts that ended before."""
        return self._count("erase_handovers", {"before": ended_before})

    def forget_refusals(self, before: datetime) -> int:
        """Delete counts of what sensors were refused, where a fact holds them."""
        return self._count("forget_refusals", {"before": before})

    def erase_holders_of_retired(self) -> int:
        """Erase who held buttons that are retired."""
        return self._count("erase_holders", {})

    def destroy_keys(self, made_before: datetime, old: datetime, now: datetime) -> list[str]:
        """Destroy the keys under which nothing is left; return their names."""
        parts = {"key_id": key_of(made_before), "subjects": subject_keys_before(made_before), "old": old, "now": now}
        return [row[0] for row in self.cursor.execute(SQL["destroy_keys"], parts)]

    def erase_pictures(self, now: datetime, pictures_before: datetime, interiors_before: datetime) -> tuple[int, int]:
        """Erase stills whose hour came, or taken before these."""
        parts = {"now": now, "pictures": pictures_before, "interiors": interiors_before}
        row = self.cursor.execute(SQL["erase_pictures"], parts).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    def erase_views(self, before: datetime) -> int:
        """Forget who looked at stills before."""
        return self._count("erase_views", {"before": before})

    def last_of(self, stream: str) -> tuple[int, datetime] | None:
        """Return a stream's last version, and when it was recorded."""
        row = self.cursor.execute(SQL["last_of"], {"stream": stream}).fetchone()
        return None if row is None else (row[0], row[1])

    def _due(self, query: str, before: datetime, limit: int) -> list[UUID]:
        return [row[0] for row in self.cursor.execute(SQL[query], {"before": before, "limit": limit})]

    def _count(self, query: str, parts: Mapping[str, object], queries: Mapping[str, str] = SQL) -> int:
        return self.cursor.execute(queries[query], parts).rowcount
