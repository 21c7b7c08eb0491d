"""A personal button: it calls over HTTPS with its credential, and repeats until the city has kept the call."""

import json
import random
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from necmergitur.kernel.geo import Position
from necmergitur.sim.devices.constants import (
    ANSWER_S_MAX,
    JITTER_SHARE,
    LAMP_REPEAT_S_FIRST,
    LAMP_REPEAT_S_MAX,
    LAMP_REPEATS_MAX,
)
from necmergitur.sim.devices.post import PressRecord

# Only here may a credential travel in the clear.
_THIS_MACHINE = frozenset({("http", "127.0.0.1"), ("http", "localhost")})
# What tells a button to give up: its credential is not known, or what it sent can never be read.
_FINAL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


class PersonalButton:
    """One button in somebody's pocket. `origin` is the city's address, as in NEC_PUBLIC_URL."""

    def __init__(self, device_id: str, credential: str, origin: str, *, seed: int = 1) -> None:
        address = urlsplit(origin)
        if address.scheme != "https" and (address.scheme, address.hostname) not in _THIS_MACHINE:
            raise ValueError("a personal button speaks HTTPS, or to this machine")
        self.device_id = device_id
        self._credential = credential
        self._url = f"{origin.rstrip('/')}/api/v1/presses"
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._boot_id = int(time.time())
        self._seq = 0

    def press(
        self,
        kind: str = "sos",
        *,
        place: Position | None = None,
        accuracy_m: float = 20.0,
        pin: str | None = None,
        seconds_max: float = 60.0,
    ) -> PressRecord:
        """Press, and repeat until answered or until `seconds_max`; `lit_at` None means it stayed dark. Blocks."""
        self._seq += 1
        record = PressRecord(self.device_id, self._boot_id, self._seq, kind, time.time())
        body: dict[str, object] = {
            "device": self.device_id,
            "boot_id": self._boot_id,
            "seq": self._seq,
            "kind": kind,
            "claimed_time": datetime.fromtimestamp(record.pressed_at, UTC).isoformat(),
        }
        if place is not None:
            body["position"] = {"lon": place.lon, "lat": place.lat, "accuracy_m": accuracy_m}
        if pin is not None:
            body["pin"] = pin
        deadline = time.monotonic() + seconds_max
        while record.sends < LAMP_REPEATS_MAX:
            record.sends += 1
            status = self._send(json.dumps(body).encode())
            if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
                record.lit_at = time.time()
                break
            wait_s = min(LAMP_REPEAT_S_FIRST * 2 ** min(record.sends - 1, 8), LAMP_REPEAT_S_MAX)
            wait_s *= 1 + self._rng.uniform(-JITTER_SHARE, JITTER_SHARE)
            if status in _FINAL or time.monotonic() + wait_s > deadline:
                break
            time.sleep(wait_s)
        return record

    def _send(self, body: bytes) -> int:
        """Return the status of one attempt, 0 when nobody answered."""
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked at the start
            self._url,
            data=body,
            headers={"Authorization": f"Bearer {self._credential}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S_MAX) as answer:  # noqa: S310 - the same
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        except OSError:
            return 0
