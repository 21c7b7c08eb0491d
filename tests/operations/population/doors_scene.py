"""A short way to play an evening of open doors: a grid of streets, hosts and guests with private links."""

import itertools
import os
import zlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from necmergitur.kernel.geo import Position
from necmergitur.operations.population import doors, meeting, pairing
from necmergitur.operations.population.doors_ports import ClosedArea, Tools
from necmergitur.operations.population.ground import Grounds
from necmergitur.people.crises import Crisis
from necmergitur.people.letters import Letter
from necmergitur.people.shelter import Ask, Offer, Side
from tests.operations.population.scene import Night
from tests.operations.town import place

HERE, NEAR = place(0, 0), place(300, 0)
BLOCK_M, BLOCKS = 100, 12
PUBLIC = "https://ville.example"


def lay_streets(url: str) -> None:
    """A square of streets of 2.4 km around the middle, and street buttons every 300 m."""
    reach = range(-BLOCKS, BLOCKS)

    def at(east: int, north: int) -> list[float]:
        p = place(east * BLOCK_M, north * BLOCK_M)
        return [round(p.lon, 6), round(p.lat, 6)]

    lines = [[at(e, n), at(e + 1, n)] for e in reach for n in (*reach, BLOCKS)]
    lines += [[at(e, n), at(e, n + 1)] for e in (*reach, BLOCKS) for n in reach]
    with psycopg.connect(url) as opened:
        opened.execute(
            "INSERT INTO city (one, name, source, imported_at, outline, quarters, streets, facts)"
            " VALUES (true, 'Grid', 'test', now(), '[]', %s, %s, '{}')"
            " ON CONFLICT (one) DO UPDATE SET streets = excluded.streets, imported_at = now()",
            [Jsonb([]), zlib.compress(msgspec.json.encode(lines))],
        )
        opened.execute("DELETE FROM device WHERE kind = 'post'")
        for n, (e, s) in enumerate(itertools.product(range(-1200, 1201, 300), repeat=2)):
            p = place(e, s)
            opened.execute(
                "INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, installed_at)"
                " VALUES (%s, 'post', 'mqtt', %s, 'Z-4', %s, %s, now())",
                [f"g-{n:03d}", f"Carrefour {n}", p.lon, p.lat],
            )


class Evening:
    """A night with its doors open."""

    def __init__(self, night: Night, crisis: Crisis) -> None:
        self.night, self.crisis, self.store = night, crisis, night.store
        self.tools = Tools(night.keys.of, os.urandom, PUBLIC, "FR")
        self.grounds = Grounds()
        self._phones = itertools.count(612_000_001)

    @property
    def now(self) -> Any:
        return self.night.now

    def phone(self) -> str:
        return f"0{next(self._phones)}"

    def offer(self, at: Position = NEAR, once: bytes = b"", **fields: str) -> Any:
        said = {
            "name": "Hélène",
            "phone": self.phone(),
            "address": "12 rue des Essais, 3e gauche, digicode 45B12",
            "places": "3",
            "languages": "fr en",
        } | fields
        return doors.offer(self.store, self.tools, self.crisis, once or os.urandom(16), said, at, self.now)

    def ask(self, at: Position = HERE, once: bytes = b"", **fields: str) -> Any:
        said = {"name": "Gaël", "phone": self.phone(), "people": "2", "languages": "fr"} | fields
        return doors.ask(self.store, self.tools, self.crisis, once or os.urandom(16), said, at, self.now)

    def code(self, side: Side, link: str) -> str:
        """Return the code as the text message to its phone says it."""
        (found,) = [
            letter.parts["code"]
            for letter in self.letters()
            if letter.kind == "code" and letter.to == self.said(side, link).phone
        ][-1:]
        return found

    def confirm(self, side: Side, link: str, code: str | None = None) -> Any:
        code = self.said(side, link).code if code is None else code
        return doors.confirm(self.store, self.tools, side, link, code, self.now)

    def host(self, *args: Any, **fields: Any) -> str:
        link = self.offer(*args, **fields)
        assert isinstance(link, str), link
        assert self.confirm(Side.HOST, link) is None
        return link

    def guest(self, *args: Any, **fields: Any) -> str:
        link = self.ask(*args, **fields)
        assert isinstance(link, str), link
        assert self.confirm(Side.GUEST, link) is None
        return link

    def found(self, side: Side, link: str) -> Any:
        with self.store.transaction() as tx:
            return doors.find(tx, self.tools, side, link, self.now)

    def said(self, side: Side, link: str) -> Offer | Ask:
        return self.found(side, link).said

    def row(self, side: Side, link: str) -> Any:
        return self.found(side, link).row

    def matches(self, side: Side, link: str) -> list[Any]:
        with self.store.transaction() as tx:
            return tx.matches_of(self.crisis.id, side, self.row(side, link).id)

    def propose(self) -> int:
        return pairing.propose(self.store, self.tools, self.grounds, self.crisis, self.now)

    def sweep(self) -> dict[str, int]:
        return pairing.sweep(self.store, self.tools, self.crisis, self.now)

    def proposed(self, host: str, guest: str) -> bytes:
        assert self.propose() >= 1
        (match,) = [m for m in self.matches(Side.HOST, host) if m.request_id == self.row(Side.GUEST, guest).id]
        return match.id

    def answer(self, side: Side, link: str, match: bytes, yes: bool = True) -> Any:
        return meeting.answer(self.store, self.tools, side, link, match, yes=yes, now=self.now)

    def agreed(self, host: str, guest: str) -> bytes:
        match = self.proposed(host, guest)
        assert self.answer(Side.HOST, host, match) is None
        assert self.answer(Side.GUEST, guest, match) is None
        return match

    def close_area(self, at: Position, radius_m: float, kind: str = "danger") -> None:
        area = ClosedArea(
            crisis_id=self.crisis.id,
            id=uuid4(),
            kind=kind,
            lon=at.lon,
            lat=at.lat,
            radius_m=radius_m,
            by=102,
            at=self.now,
        )
        with self.store.transaction() as tx:
            tx.put_closed(area)

    def letters(self) -> list[Letter]:
        """Every message that waits, opened."""
        key = self.night.key(self.crisis)
        rows = self.night.rows("SELECT id, salt, sealed FROM population.message ORDER BY due_at")
        opened = [key.unseal(bytes(salt), bytes(sealed), bytes(row_id)) for row_id, salt, sealed in rows]
        return [msgspec.json.decode(plain, type=Letter) for plain in opened if plain is not None]

    def wait(self, **time: float) -> None:
        self.night.now += timedelta(**time)
