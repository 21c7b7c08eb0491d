"""Sensors and their readings in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.governance import CODEC as AUTHORISATION
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.adapters.reading_keys import DayKey, ReadingKeys, Said, leaf_of
from necmergitur.governance.accesses import READINGS
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.passes import Pass
from necmergitur.governance.readings import Place
from necmergitur.governance.sensors import Sensor, key_dies_at
from necmergitur.operations.sensors import Gone, Kept, Minute, Refused, Row

SENSOR = RowCodec(Sensor)
SQL = {
    name: fill(query, columns=SENSOR.columns(), values=SENSOR.values(), papers=AUTHORISATION.columns())
    for name, query in load("sensors").items()
}


class SensorMixin:
    """`operations.sensors.SensorTransaction` beyond what other rooms know."""

    cursor: Statements
    reading_keys: ReadingKeys
    fresh_reading_keys: dict[tuple[UUID, datetime], DayKey]

    def sensors(self, ids: Sequence[str] | None = None) -> list[Sensor]:
        """Return sensors by id, or all that are not retired."""
        asked = None if ids is None else list(ids)
        return [SENSOR.from_row(row) for row in self.cursor.execute(SQL["sensors"], {"ids": asked})]

    def put_sensor(self, sensor: Sensor, seq: int) -> None:
        """Store a sensor as a fact says it is; what it was told stays."""
        self.cursor.execute(SQL["put_sensor"], {**SENSOR.to_row(sensor), "last_seq": seq})

    def touch_sensors(self, ids: Sequence[str], now: datetime) -> None:
        """Note that sensors were heard."""
        self.cursor.execute(SQL["touch"], {"ids": list(ids), "now": now})

    def tell_sensor(self, sensor_id: str, *, run: bool, why: str, now: datetime) -> None:
        """Note what a sensor was told."""
        self.cursor.execute(SQL["tell"], {"id": sensor_id, "run": run, "why": why, "now": now})

    def last_reading(self, stream: str) -> Place | None:
        """Return where a stream stands."""
        row = self.cursor.execute(SQL["last_reading"], {"stream": stream}).fetchone()
        return None if row is None else Place(*row)

    def put_readings(self, kept: Sequence[Kept]) -> None:
        """Store readings, in their order, each sealed under the key of its paper and day."""
        papers = {(one.authorisation_id, one.at.toordinal()): one for one in kept}
        days = {at: (one.authorisation_id, _key_dies_at(one)) for at, one in papers.items()}
        keys = self.reading_keys.of(self.cursor, self.fresh_reading_keys, days.values())
        rows = []
        for one in kept:
            key = keys[days[one.authorisation_id, one.at.toordinal()]]
            salt, sealed = key.seal(Said(one.stream, one.boot_id, one.seq, one.at), one.payload.encode())
            # The database judges what is clear, keeps its hash and forgets it.
            rows.append(msgspec.structs.asdict(one) | {"key_id": key.id, "salt": salt, "sealed": sealed})
        self.cursor.execute(SQL["put_readings"], {"readings": msgspec.json.encode(rows).decode()})

    def put_refused(self, refused: Sequence[Refused]) -> None:
        """Add to the counts of what was refused."""
        self.cursor.execute(
            SQL["put_refused"],
            {
                "stream": [one.stream for one in refused],
                "rule": [one.rule for one in refused],
                "minute": [one.minute for one in refused],
                "count": [one.count for one in refused],
            },
        )

    def refused_before(self, minute: datetime) -> list[Refused]:
        """Return what was refused in minutes that are over and not yet published."""
        return [Refused(*row) for row in self.cursor.execute(SQL["refused_before"], {"minute": minute})]

    def mark_published(self, stream: str, minute: datetime, rules: Sequence[str], seq: int) -> None:
        """Note that what these rules refused in a minute is a fact."""
        parts = {"stream": stream, "minute": minute, "rules": list(rules), "seq": seq}
        self.cursor.execute(SQL["mark_published"], parts)

    def unrooted(self, before: datetime) -> list[Minute]:
        """Return the minutes before `before` that have readings and no root, oldest first."""
        return [Minute(*row) for row in self.cursor.execute(SQL["unrooted"], {"before": before})]

    def leaves(self, stream: str, bucket: datetime) -> list[bytes]:
        """Return the hashes of the readings of a minute, in order."""
        rows = self.cursor.execute(SQL["leaves"], {"stream": stream, "bucket": bucket})
        return [bytes(leaf) for (leaf,) in rows]

    def mark_rooted(self, stream: str, bucket: datetime) -> None:
        """Let no reading enter a minute that has its root."""
        self.cursor.execute(SQL["mark_rooted"], {"stream": stream, "bucket": bucket})

    def erase_readings(self, now: datetime) -> Mapping[str, int]:
        """Delete what was kept long enough; return how many of each stream."""
        return dict(self.cursor.execute(SQL["erase"], {"now": now}).fetchall())

    def log_stands(self) -> bool:
        """Return whether the public log cannot be written, as the notary last said."""
        return self.cursor.execute(SQL["log_stands"]).fetchone() is not None

    def destroy_reading_keys(self, now: datetime) -> list[Gone]:
        """Destroy the keys of readings whose hour has come."""
        return [Gone(*row) for row in self.cursor.execute(SQL["destroy_keys"], {"now": now})]

    def papers_over(self, now: datetime) -> list[tuple[UUID, str, datetime]]:
        """Return (id, stream, end) of each paper that the clock ended and of which no fact says so yet."""
        return self.cursor.execute(SQL["papers_over"], {"now": now}).fetchall()

    def papers_gone(self, ended_before: datetime) -> list[tuple[UUID, str]]:
        """Return (id, stream) of each paper that ended, of which nothing can be read and no fact says so yet."""
        return self.cursor.execute(SQL["papers_gone"], {"before": ended_before}).fetchall()

    def mark_end(self, authorisation_id: UUID, *, closed_seq: int | None, unreadable_seq: int | None) -> None:
        """Note which facts say that a paper is over."""
        parts = {"id": authorisation_id, "closed": closed_seq, "unreadable": unreadable_seq}
        self.cursor.execute(SQL["mark_end"], parts)

    def papers_of(self, stream: str) -> list[Authorisation]:
        """Return every paper a stream ever had, the newest first."""
        return [AUTHORISATION.from_row(row) for row in self.cursor.execute(SQL["papers_of"], {"stream": stream})]

    def say_who(self, reader: str, purpose: str, glass: UUID | None) -> None:
        """Say who reads and for what; without it the database shows no reading."""
        parts = {"purpose": purpose, "reader": reader, "glass": "" if glass is None else str(glass)}
        self.cursor.execute(SQL["say_who"], parts)

    def readings(
        self, stream: str, under: Pass, since: datetime, until: datetime, now: datetime, limit: int
    ) -> list[Row]:
        """Return what the database shows of a stream to whoever was said to read, as far as keys open it."""
        under.must_be_for(READINGS, place=stream)
        parts = {"stream": stream, "since": since, "until": until, "now": now, "limit": limit}
        found = self.cursor.execute(SQL["read"], parts).fetchall()
        keys = self.reading_keys.by_id(self.cursor, {row[-2] for row in found if row[-2] is not None})
        opened = (_opened(row, keys) for row in found)
        return [row for row in opened if row is not None]


def _key_dies_at(one: Kept) -> datetime:
    return key_dies_at(one.at, one.paper_ends, one.erase_at - one.at)


def _opened(row: Sequence[Any], keys: Mapping[UUID, DayKey]) -> Row | None:
    """Return a reading as it was said; None when its key is dead, or when it is not what the database judged."""
    stream, boot_id, seq, at, zone_id, authorisation_id, payload, salt, leaf, key_id, sealed = row
    if sealed is not None:  # else it was entered before readings were sealed
        plain = keys[key_id].unseal(Said(stream, boot_id, seq, at), bytes(sealed)) if key_id in keys else None
        if plain is None:
            return None
        salt, payload = plain[0], plain[1].decode(errors="replace")
    found = Row(stream, boot_id, seq, at, zone_id, payload, authorisation_id, bytes(salt))
    return found if leaf_of(found) == bytes(leaf) else None
