"""What an operator's gateways have in common: one JSON POST for each thing asked, a bearer token."""

from http import HTTPStatus

import urllib3

TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
# Answers by which a gateway says that this will never be taken; others are tried again.
NEVER = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


class Gateway:
    """Where something is asked for."""

    def __init__(self, url: str, token: str) -> None:
        """`url`: where it is posted to."""
        self._url, self._token = url, token
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=32, retries=False)

    def post(self, asked: dict[str, object]) -> None:
        """Hand one thing over. Raises OSError when it was not taken now, ValueError when it never will be."""
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
