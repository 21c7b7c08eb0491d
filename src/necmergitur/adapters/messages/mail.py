"""Mail by SMTP (RFC 5321), one connection for each message: a server that hangs holds back nothing else."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from necmergitur.people.letters import Written

TIMEOUT_S = 10.0  # ours: RFC 5321 waits for minutes; the message is tried again instead
_PERMANENT = 500  # RFC 5321 4.2.1: the server will not take it, however often it is sent
# The server answered, and did not take it.
_SAID_NO = (
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)


class MaybeTaken(OSError):
    """The connection broke while a message was handed over: nobody knows whether the server has it."""


class MailServer:
    """Where mail leaves from."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        sender: str,
        tls: ssl.SSLContext | None,
        from_the_first: bool,
    ) -> None:
        """`tls`: None on a trusted network; `from_the_first`: TLS before SMTP, else by STARTTLS."""
        self._host, self._port = host, port
        self._user, self._password = user, password
        self._sender = sender
        self._tls, self._from_the_first = tls, from_the_first

    def send(self, message: Written) -> None:
        """Hand one mail over.

        Raises OSError when it was not taken now (MaybeTaken: when that is not known), ValueError when it never will be.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to.written, message.subject
        mail["Date"], mail["Message-ID"] = formatdate(), self._name(message)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in answer
        if message.leave:
            mail["List-Unsubscribe"] = f"<{message.leave}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        mail.set_content(message.text + "\n")
        try:
            server = self._connected()
        except smtplib.SMTPException as error:
            raise OSError(type(error).__name__) from None
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            if code >= _PERMANENT:
                raise ValueError(f"the recipient was refused: {code}") from None
            raise OSError(f"the recipient was put off: {code}") from None
        except _SAID_NO as error:
            raise OSError(type(error).__name__) from None
        except (smtplib.SMTPException, OSError) as error:
            raise MaybeTaken(type(error).__name__) from None
        finally:
            _hang_up(server)

    def _name(self, message: Written) -> str:
        domain = self._sender.rpartition("@")[2].strip(" >")
        return f"<{message.name}@{domain}>" if message.name and domain else make_msgid(domain=domain or None)

    def _connected(self) -> smtplib.SMTP:
        if self._from_the_first:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=self._tls)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
            if self._tls is not None:
                server.starttls(context=self._tls)
        if self._user:
            server.login(self._user, self._password)
        return server


def _hang_up(server: smtplib.SMTP) -> None:
    """Say goodbye. Whatever comes of that, the message was taken or not before."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
