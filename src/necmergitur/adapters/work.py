"""The work that lets a form in from where too much comes: a second of it (ALTCHA, version 1), for each form.

Bound to the form's own number, so that no solution serves twice.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution

WORK_MAX = 100_000  # ours: about a second of an old telephone's time, and as much of an attacker's for each form
WORK_LASTS = timedelta(minutes=20)  # ours: a form filled in slowly, on a bad network
PAYLOAD_CHARS_MAX = 1_024


class Work:
    """Challenges and their proofs, under a key of this process's installation."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key challenges are signed with."""
        self._key = hashlib.blake2b(b"necmergitur work", key=secret[:64], digest_size=32).hexdigest()

    def challenge(self, once: bytes) -> dict[str, object]:
        """Return a challenge for one form, as an ALTCHA client reads it."""
        expires = datetime.now(UTC) + WORK_LASTS
        asked = ChallengeOptions(max_number=WORK_MAX, hmac_key=self._key, expires=expires, params={"once": once.hex()})
        return dict(create_challenge(asked).to_dict())

    def proves(self, once: bytes, payload: str) -> bool:
        """Return whether a payload is the work asked for this very form, still in time."""
        if not payload or len(payload) > PAYLOAD_CHARS_MAX:
            return False
        try:
            said = json.loads(base64.b64decode(payload, validate=True))
            asked = parse_qs(str(said["salt"]).partition("?")[2]).get("once")
            proved, _why = verify_solution(said, self._key)
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        return proved and asked == [once.hex()]
