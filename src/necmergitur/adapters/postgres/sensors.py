"""Sensors and their readings in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.governance import CODEC as AUTHORISATION
from necmergitur.adapters.postgres.queries import fill, load
from necmergitur.adapters.postgres.rows import RowCodec
from necmergitur.adapters.postgres.statements import Statements
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.readings import Place
from necmergitur.governance.sensors import Sensor
from necmergitur.operations.sensors import Kept, Minute, Refused, Row

SENSOR = RowCodec(Sensor)
SQL = {
    name: fill(query, columns=SENSOR.columns(), values=SENSOR.values(), papers=AUTHORISATION.columns())
    for name, query in load("sensors").items()
}


class SensorMixin:
    """`operations.sensors.SensorTransaction` beyond what other rooms know."""

    cursor: Statements

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
        """Store readings, in their order."""
        self.cursor.execute(SQL["put_readings"], {"readings": msgspec.json.encode(kept).decode()})

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

    def papers_of(self, stream: str) -> list[Authorisation]:
        """Return every paper a stream ever had, the newest first."""
        return [AUTHORISATION.from_row(row) for row in self.cursor.execute(SQL["papers_of"], {"stream": stream})]

    def say_who(self, reader: str, purpose: str, glass: UUID | None) -> None:
        """Say who reads and for what; without it the database shows no reading."""
        parts = {"purpose": purpose, "reader": reader, "glass": "" if glass is None else str(glass)}
        self.cursor.execute(SQL["say_who"], parts)

    def readings(self, stream: str, since: datetime, until: datetime, limit: int) -> list[Row]:
        """Return what the database shows of a stream to whoever was said to read."""
        found = self.cursor.execute(SQL["read"], {"stream": stream, "since": since, "until": until, "limit": limit})
        return [Row(*row) for row in found]
