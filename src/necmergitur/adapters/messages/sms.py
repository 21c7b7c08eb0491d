"""Text messages by an operator's gateway: one JSON POST for each, `{"to": "+33…", "text": "…"}`, a bearer token."""

from http import HTTPStatus

import urllib3

from necmergitur.people.letters import Written

TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
# Answers by which a gateway says that this message will never be taken; others are tried again.
NEVER = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


class Gateway:
    """Where text messages leave from."""

    def __init__(self, url: str, token: str) -> None:
        """`url`: where messages are posted to."""
        self._url, self._token = url, token
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=32, retries=False)

    def send(self, message: Written) -> None:
        """Hand one message over. Raises OSError when it was not taken now, ValueError when it never will be."""
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                json={"to": message.to.written, "text": message.text},
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
