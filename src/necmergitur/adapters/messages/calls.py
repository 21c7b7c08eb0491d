"""Calls between two people who see no number: an operator's gateway rings both, and lets them hear each other.

`{"from": "+33…", "to": "+33…", "language": "fr", "seconds": 300}`. The gateway rings `from` first, then `to`, showing
each the city's own number, and ends the call after so many seconds.
"""

from necmergitur.adapters.messages.gateway import Gateway
from necmergitur.people.constants import CALL_LASTS
from necmergitur.people.letters import Written


class Switchboard(Gateway):
    """Where calls are asked for."""

    def send(self, message: Written) -> None:
        """Ask for one call. Raises OSError when it was not taken now, ValueError when it never will be."""
        self.post(
            {
                "from": message.to.written,
                "to": message.connect,
                "language": message.language,
                "seconds": int(CALL_LASTS.total_seconds()),
            }
        )
