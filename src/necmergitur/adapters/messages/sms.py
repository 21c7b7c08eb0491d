"""Text messages by an operator's gateway: `{"to": "+33…", "text": "…"}`."""

from necmergitur.adapters.messages.gateway import Gateway
from necmergitur.people.letters import Written


class Texts(Gateway):
    """Where text messages leave from."""

    def send(self, message: Written) -> None:
        """Hand one message over. Raises OSError when it was not taken now, ValueError when it never will be."""
        self.post({"to": message.to.written, "text": message.text})
