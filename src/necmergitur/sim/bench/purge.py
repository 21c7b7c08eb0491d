"""Whether anything of a crisis is left once it is erased: names, numbers, addresses, keys; in files, logs, copies."""

import contextlib
import os
import random
import shutil
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from necmergitur.adapters.backup import back_up_data, back_up_keys
from necmergitur.adapters.crisis_keys import FOLDER, SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.embedded_postgres import installation
from necmergitur.adapters.messages.push import public_key
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.services import embedded_postgres
from necmergitur.governance.breakglass import Who
from necmergitur.operations.population import crises, doors, following, mine, missing, questions
from necmergitur.operations.population.checkins import link_of
from necmergitur.operations.population.doors_ports import Tools
from necmergitur.operations.population.following import Told, Why
from necmergitur.people import notices, subscriptions
from necmergitur.people.checkins import Status
from necmergitur.people.contacts import Contact
from necmergitur.people.crises import Crisis
from necmergitur.people.notices import Asking, Declaration, Declared, Question
from necmergitur.sim.bench.checkin import OFFICERS, PATH, open_drill
from necmergitur.sim.bench.whole import QUICK, Whole, whole_city
from necmergitur.sim.population.needles import Found, Needles

PEOPLE = 1_000
KEPT_S = 5
ERASED_S_MAX = 120.0
POLL_S = 0.5
# Messages find nobody who takes them, so that they still wait when the crisis is erased.
NOBODY = {
    "NEC_MAIL_URL": "smtp://127.0.0.1:9",
    "NEC_MAIL_FROM": "bench@example.org",
    "NEC_SMS_URL": "http://127.0.0.1:9",
    "NEC_PUSH_HOSTS": "127.0.0.1",
}


class Seed(msgspec.Struct, frozen=True):
    """One invented person: nothing of them is anywhere else in the world."""

    name: str
    phone: str
    email: str
    push: str  # the address their browser's push service gave them

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """What must not be found."""
        written = (self.name, self.phone, f"0{self.phone[3:]}", self.email, self.push)
        return tuple(one.encode() for one in written)


def measure(*, quick: bool = False, seed: int = 1) -> dict[str, Any]:
    """Seed a drill with people, copy it, close it, wait for its erasure, and look for them everywhere.

    `found` counts what was found of them, of their keys and of the crisis's own; `planted` what was found of needles
    planted to prove that the search finds. `in_copy`: what a backup from before the erasure holds in a form that opens.
    """
    size = msgspec.structs.replace(QUICK, surroundings="", given={**NOBODY, "NEC_CHECKINS_PER_S": "100000"})
    drawn = random.Random(seed)  # noqa: S311 -- invented people
    people = [_invented(drawn) for _ in range(PEOPLE // (4 if quick else 1))]
    with whole_city(size) as city, _copies(city) as copies:
        crisis, key = open_drill(city, services=("safe", "find", "doors"), kept_s=KEPT_S)
        time.sleep(2.0)
        pushed = _say(city, crisis, key, people)
        time.sleep(2.0)  # messages unfold, roots are laid, the finder reads
        keys = _keys(city, crisis, key)
        _copy(city, copies)
        counts = _end(city, crisis)
        needles = Needles([secret for one in people for secret in one.secrets] + keys)
        planted = _plant(city.settings.home, needles, people[0], keys)
        found, read = _search(needles, city.settings.home)
        in_copy, copied = _search(needles, copies)
    return {
        "people": len(people),
        "seeded": 3 * len(people) + pushed + len(keys),
        "keys": len(keys),
        "found": len(found),
        "where": sorted({Path(one.file).name for one in found})[:10],
        "in_copy": len(in_copy),
        "planted": planted,
        "erased": counts,
        "searched_mb": round(read / 1e6, 1),
        "copy_mb": round(copied / 1e6, 1),
    }


def _invented(drawn: random.Random) -> Seed:
    word = "".join(drawn.choice("bcdfghjklmnpqrstvwxz") + drawn.choice("aeiou") for _ in range(5))
    other = "".join(drawn.choice("bcdfghjklmnpqrstvwxz") + drawn.choice("aeiou") for _ in range(6))
    phone = f"+336{drawn.randrange(10**8):08d}"
    push = f"{word}{drawn.getrandbits(64):016x}{other}"
    return Seed(f"{word.capitalize()} {other.capitalize()}", phone, f"{word}.{other}@mail.example", push)


def _say(city: Whole, crisis: Crisis, key: CrisisKey, people: list[Seed]) -> int:
    """Let people use every service: check in, be looked for, be asked after, offer and ask for a bed.

    Return how many of them have a telephone that is told by itself.
    """
    pushed: set[str] = set()
    store, now = PostgresStore(city.database_url), datetime.now(UTC)
    tools = Tools(KeyFiles(city.settings.home).of, os.urandom, city.url, "FR")
    line = HTTPConnection("127.0.0.1", city.settings.port, timeout=30)
    for number, one in enumerate(people):
        friend = people[number - 1]
        once, salt = os.urandom(16), os.urandom(16)
        match number % 5:
            case 0 | 1:
                opens = _check_in(line, once, one, friend)
                _be_told(store, city, opens, one, friend)
                pushed |= {one.push, friend.push}
            case 2:
                form = Declaration(
                    name=one.name, author=friend.name, contact=friend.email, sought=one.phone, listed="yes"
                )
                said = notices.declare(form, once, missing.record_id(key, once, "bench"), "bench", "FR")
                assert isinstance(said, Declared), said
                assert missing.declare(store, crisis, key, said, salt, now)
            case 3:
                asked = notices.ask(Asking(whom=one.name, name=friend.name, contact=one.phone), "FR")
                assert isinstance(asked, Question), asked
                assert questions.ask(store, crisis, key, asked, once, salt, now)
            case _:
                fields = {"name": one.name, "phone": one.phone, "address": one.email, "places": "2", "people": "2"}
                take = doors.offer if number % 2 else doors.ask
                assert isinstance(take(store, tools, crisis, once, fields, crisis.middle, now), str)
    line.close()
    store.close()
    return len(pushed)


def _be_told(store: PostgresStore, city: Whole, opens: tuple[bytes, bytes], one: Seed, friend: Seed) -> None:
    """Have two telephones told, one's own and a relative's; what there is to tell waits, for nobody comes."""
    keys, now = KeyFiles(city.settings.home), datetime.now(UTC)
    point, auth = public_key(os.urandom(32)), urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    for why, link, whose in zip((Why.QUESTIONS, Why.CHANGES), opens, (one, friend), strict=True):
        said = {"endpoint": f"http://127.0.0.1:9/{whose.push}", "keys": {"p256dh": point, "auth": auth}}
        to = subscriptions.read(msgspec.json.encode(said), (NOBODY["NEC_PUSH_HOSTS"],))
        assert isinstance(to, Contact), to
        salt = os.urandom(SALT_BYTES)
        done = following.follow(store, keys.of, link, why, Told(to, "fr"), salt, now, drill=True)
        assert done is True, done
    mine.change(store, keys.of, opens[0], Status.HURT, os.urandom(SALT_BYTES), now, drill=True)


def _check_in(line: HTTPConnection, once: bytes, one: Seed, friend: Seed) -> tuple[bytes, bytes]:
    body = {
        "once": urlsafe_b64encode(once).decode().rstrip("="),
        "name": one.name,
        "status": "safe",
        "contact": one.phone,
        "words": friend.name,
        "tell": [one.email, friend.phone],
    }
    line.request("POST", PATH, msgspec.json.encode(body), {"Content-Type": "application/json"})
    answer = line.getresponse()
    said = msgspec.json.decode(answer.read())
    assert answer.status == 201, said  # noqa: PLR2004 -- Created
    link, share = link_of(said["link"]), link_of(said["share"])
    assert link is not None, said
    assert share is not None, said
    return link, share


def _keys(city: Whole, crisis: Crisis, key: CrisisKey) -> list[bytes]:
    """Return the crisis's key, what is derived from it, and the key of every row that has a salt."""
    file = city.settings.home / FOLDER / f"{crisis.id}.key"
    found = [file.read_bytes(), *key.derived]
    with psycopg.connect(city.database_url) as connection:
        tables = connection.execute(
            "SELECT DISTINCT c.table_name FROM information_schema.columns c"
            " JOIN information_schema.columns s USING (table_schema, table_name)"
            " WHERE c.table_schema = 'population' AND c.column_name = 'crisis_id' AND s.column_name = 'salt'"
            " AND c.table_name !~ '_[0-9a-f]{32}$'"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT salt FROM population.{} WHERE crisis_id = %s").format(sql.Identifier(table))
            rows = connection.execute(query, (crisis.id,))
            found += [key.person_key(bytes(row[0])) for row in rows]
    return found


@contextlib.contextmanager
def _copies(city: Whole) -> Iterator[Path]:
    folder = city.settings.home.with_name(f"{city.settings.home.name}-copies")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(city: Whole, to: Path) -> None:
    """Make every copy an operator makes: the dump of the data as text, that of the keys, and the files as they lie."""
    for name, make in (("data", back_up_data), ("keys", back_up_keys)):
        make(city.database_url, to / f"{name}.dump")
        tool = installation() / "bin" / "pg_restore"
        subprocess.run([tool, f"--file={to / name}.sql", to / f"{name}.dump"], check=True)  # noqa: S603 -- ours
    with psycopg.connect(
        embedded_postgres(city.settings).admin_url, dbname="necmergitur", autocommit=True
    ) as connection:
        connection.execute("CHECKPOINT")
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    shutil.copytree(data, to / "files", ignore_dangling_symlinks=True, ignore=_passing)


def _passing(folder: str, names: list[str]) -> list[str]:
    """A server at work drops files under the copier's hand: sockets and temporary ones are no copy's business."""
    return [name for name in names if name.startswith("pgsql_tmp") or Path(folder, name).is_socket()]


def _end(city: Whole, crisis: Crisis) -> dict[str, int]:
    """Close the crisis and wait until the worker has erased it; return what it says it erased."""
    store = PostgresStore(city.database_url)
    closed = crises.close(store, crisis.id, Who(OFFICERS[0], "duty_officer"), datetime.now(UTC))
    assert isinstance(closed, Crisis), closed
    deadline = time.monotonic() + ERASED_S_MAX
    try:
        while time.monotonic() < deadline:
            with store.transaction() as tx:
                facts = [fact for fact in tx.stream(f"crisis:{crisis.id}") if fact.kind == "CrisisErased"]
            if facts:
                counts: dict[str, int] = msgspec.json.decode(facts[0].payload)["counts"]
                return counts
            time.sleep(POLL_S)
    finally:
        store.close()
    raise RuntimeError("the crisis was not erased in time")


def _plant(home: Path, needles: Needles, one: Seed, keys: list[bytes]) -> int:
    """Write needles where they would lie and count those the search finds: each must be, or it proves nothing."""
    file = home / "planted"
    in_base64 = urlsafe_b64encode(b"a" + one.email.encode())
    planted = [one.name.encode(), one.phone.encode().hex().encode(), in_base64, keys[0]]
    hits = 0
    for secret in planted:
        file.write_bytes(os.urandom(5_000) + secret + os.urandom(5_000))
        hits += bool(list(needles.in_file(file)))
    file.unlink()
    assert hits == len(planted), "the search does not find what lies there"
    return hits


def _search(needles: Needles, folder: Path) -> tuple[list[Found], int]:
    """Look through every file under a folder; return what was found, and how many bytes were read."""
    found: list[Found] = []
    read = 0
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # a server at work drops files
            if path.is_file() and not path.is_symlink():
                read += path.stat().st_size
                found += needles.in_file(path)
    return found, read
