"""What Django needs from the NEC_* environment, parsed once and refused early when wrong."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.postgres.session import UTC_SESSION

# A WSGI process serves a request per thread; more connections than threads are never used.
POOL_CONNECTIONS_MAX = 16
POOL_WAIT_S = 5
KEY_BYTES = 32  # as app.settings makes them


def flag(environ: Mapping[str, str], name: str) -> bool:
    """Return whether `name` is set to a yes. Raises ImproperlyConfigured on anything but a yes or a no."""
    value = environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}")


def required(environ: Mapping[str, str], name: str) -> str:
    """Return a non-empty value. Raises ImproperlyConfigured with what to do."""
    value = environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: start through the `nec` command, which sets it")
    return value


def key(environ: Mapping[str, str], name: str) -> bytes:
    """Return a key of 32 bytes. Raises ImproperlyConfigured when it is missing or something else."""
    try:
        value = bytes.fromhex(required(environ, name))
    except ValueError:
        value = b""
    if len(value) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must be {2 * KEY_BYTES} hexadecimal digits")
    return value


def database(url: str, role: str, *, pooled: bool) -> dict[str, Any]:
    """Return Django's description of the PostgreSQL at a libpq `url`.

    `role` (may be empty) is taken at connection: the pages hold fewer rights than the owner of the
    tables. A URI of a UNIX socket has no host part, so libpq's own parser reads it.
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    options: dict[str, Any] = {}
    startup = [parts.pop("options", ""), UTC_SESSION, f"-c role={role}" if role else ""]
    options["options"] = " ".join(filter(None, startup))
    if pooled:
        options["pool"] = {
            "min_size": 1,
            "max_size": POOL_CONNECTIONS_MAX,
            "timeout": POOL_WAIT_S,
        }
    described = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {**options, **parts},
    }
    if not described["NAME"]:
        raise ImproperlyConfigured("NEC_DATABASE_URL names no database")
    return described


class Origin:
    """The one address people use, such as `https://nec.example.org` or `http://localhost:8000`."""

    def __init__(self, url: str, setting: str = "NEC_PUBLIC_URL") -> None:
        """Parse `url`. Raises ImproperlyConfigured, naming the setting, unless it is http(s)."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ImproperlyConfigured(f"{setting} is not an http address: {url!r}")
        self.host = parts.hostname
        self.secure = parts.scheme == "https"
        port = f":{parts.port}" if parts.port else ""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"{parts.scheme}://{shown}{port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def passkeys(self) -> bool:
        """Whether a browser offers passkeys here: a domain name, over TLS or on localhost (WebAuthn level 2, 5.1.3)."""
        try:
            ip_address(self.host)
        except ValueError:
            return self.secure or self.host == "localhost"
        return False

    @property
    def hosts(self) -> list[str]:
        """Host headers that are accepted."""
        return [
            self.host,
            *(["localhost", "127.0.0.1", "[::1]"] if self.loopback else []),
        ]


class Mail:
    """Where mail leaves from: `smtp://user:password@host:587?starttls=1` or `smtps://…`. Empty: no mail leaves."""

    def __init__(self, url: str) -> None:
        """Parse `url`."""
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.tls = parts.scheme == "smtps"
        self.starttls = not self.tls and "starttls=1" in parts.query.split("&")
        self.port = parts.port or (465 if self.tls else 25)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")


def home(environ: Mapping[str, str]) -> Path:
    """Return the directory of everything a city keeps outside the database."""
    return Path(environ.get("NEC_HOME") or "var").resolve()
