"""Calls between two people who see no number: an operator's gateway rings both, and lets them hear each other.

One JSON POST for each, `{"from": "+33…", "to": "+33…", "language": "fr", "seconds": 300}`, a bearer token. The gateway
rings `from` first, then `to`, showing each the city's own number, and ends the call after so many seconds.
"""

from http import HTTPStatus

import urllib3

from necmergitur.adapters.messages.sms import NEVER, TIMEOUT
from necmergitur.people.constants import CALL_LASTS
from necmergitur.people.letters import Written


class Switchboard:
    """Where calls are asked for."""

    def __init__(self, url: str, token: str) -> None:
        """`url`: where calls are posted to."""
        self._url, self._token = url, token
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=32, retries=False)

    def send(self, message: Written) -> None:
        """Ask for one call. Raises OSError when it was not taken now, ValueError when it never will be."""
        asked = {
            "from": message.to.written,
            "to": message.connect,
            "language": message.language,
            "seconds": int(CALL_LASTS.total_seconds()),
        }
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                json=asked,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=TIMEOUT,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OSError(type(error).__name__) from None
        if answer.status in NEVER:
            raise ValueError(f"the gateway answered {answer.status}")
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise OSError(f"the gateway answered {answer.status}")
