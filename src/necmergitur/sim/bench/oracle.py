"""Whether the question "is this person registered?" leaks its answer: by a byte, by a header, by a millisecond.

A stranger asks about people who checked in and about people who never did, by number and by name, in a random order,
through the whole product. What they get is compared byte for byte, less the private number of each question; how long
it took is compared by the two-sample Kolmogorov-Smirnov test, which is also shown to see a leak of two milliseconds.
"""

import os
import random
import re
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

import msgspec
from scipy.stats import ks_2samp

from necmergitur.sim.bench.checkin import PATH, open_drill
from necmergitur.sim.bench.whole import DidNotStart, Size, whole_city

ASKS, ASKS_QUICK = 2_000, 400
# The whole product in a small town: no question is about its buttons. Strangers come from one address here.
TOWN = Size(zones=4, buttons=100, quarters=2, shards=1, surroundings="", given={"NEC_CHECKINS_PER_S": "100000"})
KNOWN = 200
ASKED_S_MAX = 3_600.0
WARM_UP = 40
PLANTED_MS = 2.0
# A private number of a question: 16 bytes in base64url, in addresses and in hidden fields.
_NUMBER = re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
_PASSING = {"date", "server"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Asked(msgspec.Struct, frozen=True):
    """One question's answers, and what they took."""

    known: bool
    said: tuple[bytes, ...]
    ask_ms: float
    read_ms: float


@contextmanager
def beside(*, quick: bool) -> Iterator[Callable[[], dict[str, Any]]]:
    """Bring the product up in a process of its own, and lend what asks and returns the figures."""
    command = [sys.executable, "-m", "necmergitur.sim.bench.oracle", *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 -- ours

        def ask() -> dict[str, Any]:
            said, _ = process.communicate(b"ask\n", ASKED_S_MAX)
            if process.returncode != 0:
                raise DidNotStart("the questions came to no end")
            figures: dict[str, Any] = msgspec.json.decode(said.splitlines()[-1])
            return figures

        try:
            yield ask
        finally:
            if process.stdin is not None and not process.stdin.closed:
                process.stdin.close()  # it asks nothing then, and takes its city down


def measure(*, quick: bool = False, seed: int = 3, go: Callable[[], bool] = lambda: True) -> dict[str, Any]:
    """Return whether hit and miss are the same bytes, and how likely their times are of one kind (p).

    `go` waits until it is time to ask; False: no more.
    """
    drawn = random.Random(seed)  # noqa: S311 -- invented people
    with whole_city(TOWN) as city:
        open_drill(city, services=("safe", "find"))
        time.sleep(2.0)
        line = HTTPConnection("127.0.0.1", city.settings.port, timeout=30)
        everybody = [_invented(drawn) for _ in range(2 * KNOWN)]
        for name, phone in everybody[:KNOWN]:
            _check_in(line, name, phone)
        time.sleep(2.0)
        line.close()
        if not go():
            return {}
        line = HTTPConnection("127.0.0.1", city.settings.port, timeout=30)  # the other one was let go meanwhile
        for n in range(WARM_UP):
            _ask(line, drawn, everybody, known=n % 2 == 0)
        asked = [
            _ask(line, drawn, everybody, known=n % 2 == 0) for n in _shuffled(drawn, ASKS_QUICK if quick else ASKS)
        ]
        line.close()
    hits, misses = ([one for one in asked if one.known == known] for known in (True, False))
    said = {one.said for one in asked}
    return {
        "asks": len(asked),
        "bytes_equal": len(said) == 1,
        "ks_p": round(min(_p(hits, misses, name, 0.0) for name in ("ask_ms", "read_ms")), 5),
        "planted_ks_p": float(f"{max(_p(hits, misses, name, PLANTED_MS) for name in ('ask_ms', 'read_ms')):.2e}"),
    }


def _shuffled(drawn: random.Random, count: int) -> list[int]:
    order = list(range(count))
    drawn.shuffle(order)
    return order


def _p(hits: list[Asked], misses: list[Asked], name: str, later_ms: float) -> float:
    outcome = ks_2samp([getattr(one, name) + later_ms for one in hits], [getattr(one, name) for one in misses])
    return float(outcome.pvalue)


def _invented(drawn: random.Random) -> tuple[str, str]:
    def word() -> str:
        return "".join(drawn.choice("bcdfglmnprstv") + drawn.choice("aeiou") for _ in range(4)).capitalize()

    return f"{word()} {word()}", f"+336{drawn.randrange(10**8):08d}"


def _check_in(line: HTTPConnection, name: str, phone: str) -> None:
    body = msgspec.json.encode({"name": name, "status": "safe", "contact": phone, "once": _once()})
    line.request("POST", PATH, body, {"Content-Type": "application/json"})
    answer = line.getresponse()
    answer.read()
    assert answer.status == 201, answer.status  # noqa: PLR2004 -- Created


def _once() -> str:
    return urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")


def _ask(line: HTTPConnection, drawn: random.Random, everybody: list[tuple[str, str]], *, known: bool) -> Asked:
    """Ask about somebody, by number or by name, from an address of one's own; read what follows."""
    whom = drawn.choice(everybody[:KNOWN] if known else everybody[KNOWN:])[drawn.randrange(2)]
    fields = {"whom": whom, "name": "Jean Martin", "contact": "jean.martin@mail.example", "words": "", "once": _once()}
    from_ = {"X-Forwarded-For": f"10.{drawn.randrange(256)}.{drawn.randrange(256)}.{drawn.randrange(1, 255)}"}
    began = time.perf_counter()
    line.request("POST", "/drill/find/ask/", urlencode(fields), FORM | from_)
    answer = line.getresponse()
    said = [_seen(answer)]
    asked_at = time.perf_counter()
    line.request("GET", answer.headers["Location"], headers=from_)
    said.append(_seen(line.getresponse()))
    read_at = time.perf_counter()
    return Asked(known, tuple(said), (asked_at - began) * 1_000, (read_at - asked_at) * 1_000)


def _seen(answer: HTTPResponse) -> bytes:
    """Return all a stranger gets, less the number of the question and the hour."""
    heads = sorted(f"{name.lower()}: {value}" for name, value in answer.getheaders() if name.lower() not in _PASSING)
    whole = "\n".join([str(answer.status), *heads, ""]).encode() + answer.read()
    return _NUMBER.sub(b"#", whole)


if __name__ == "__main__":
    found = measure(quick="--quick" in sys.argv, go=lambda: sys.stdin.readline() != "")
    print(msgspec.json.encode(found).decode())  # noqa: T201 -- its words are its work
