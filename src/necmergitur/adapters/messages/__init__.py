"""Messages out: mail by SMTP, texts and calls by an operator's gateways, pushes to telephones that asked for them.

What is sent is never logged.
"""

import ssl
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from necmergitur.adapters.messages.calls import Switchboard
from necmergitur.adapters.messages.mail import MailServer
from necmergitur.adapters.messages.push import Pusher
from necmergitur.adapters.messages.sms import Texts
from necmergitur.people.letters import Written

__all__ = ["MailServer", "Messenger", "Pusher", "Switchboard", "Texts", "in_inboxes", "messenger"]


def in_inboxes(mail: object, sms: object, *, demo: bool) -> bool:
    """Return whether messages stay on this machine, in the inboxes of a demonstration that has no server of its own."""
    return demo and not (mail or sms)


class Messenger:
    """`operations.population.telling.Sender`: mail to addresses, text messages to numbers, pushes to browsers."""

    def __init__(
        self,
        mail: MailServer | Texts | None,
        sms: Texts | None,
        pusher: Pusher | None = None,
        switchboard: Switchboard | None = None,
    ) -> None:
        """Keep what there is; None: this city has no such way."""
        self._mail, self._sms, self._pusher, self._switchboard = mail, sms, pusher, switchboard

    def send(self, message: Written) -> None:
        """Hand a message over. Raises OSError when it was not taken, ValueError when there is no way."""
        way: Callable[[Written], None] | None = None
        if message.connect:
            way = None if self._switchboard is None else self._switchboard.send
        elif message.to.kind == "email" and self._mail is not None:
            way = self._mail.send
        elif message.to.kind == "phone" and self._sms is not None:
            way = self._sms.send
        elif message.to.kind == "push" and self._pusher is not None:
            way = self._pusher.send
        if way is None:
            raise ValueError(f"no way to send to a {message.to.kind}")
        way(message)


def messenger(
    mail_url: str,
    mail_from: str,
    sms_url: str,
    sms_token: str,
    pusher: Pusher | None = None,
    switchboard: Switchboard | None = None,
) -> Messenger:
    """Return what the settings describe."""
    mail = None
    if mail_url:
        parts = urlsplit(mail_url)
        tls = parts.scheme == "smtps"
        mail = MailServer(
            host=parts.hostname or "",
            port=parts.port or (465 if tls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            sender=mail_from,
            tls=ssl.create_default_context() if tls or "starttls=1" in parts.query.split("&") else None,
            from_the_first=tls,
        )
    return Messenger(mail, Texts(sms_url, sms_token) if sms_url else None, pusher, switchboard)
