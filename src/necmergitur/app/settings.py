"""Everything an installation may decide, read once from the environment. `docs/settings.md` explains each.

A variable's name is `NEC_` and the field's name in capitals. Empty means "not set".
"""

import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self
from zoneinfo import available_timezones

import msgspec
from phonenumbers import SUPPORTED_REGIONS

from necmergitur.adapters.pki import write_private
from necmergitur.people.constants import PUSH_HOSTS

PREFIX = "NEC_"
SECRET_PREFIX = "NEC_SECRET_"  # noqa: S105 - the name of a variable, not a secret
# 256 bits: the key size of AES-256-GCM and of HMAC-SHA-256's full strength (NIST SP 800-107 5.3.4).
SECRET_BYTES = 32
WITHHELD = "withheld"  # in place of a secret that a process has no use for
# A city of a million devices; each shard is a process with its own ports.
SHARDS_MAX = 64
PORT_MAX = 65_535
# What each secret is for; each is made at first use into NEC_HOME/secrets.
SECRETS: Mapping[str, str] = MappingProxyType(
    {
        "web": "signs sessions and form tokens of the civic web",
        "mission": "signs mission tokens, without which no drone arms",
        "subject": "turns the name of a data subject into a pseudonym",
        "seal": "encrypts stills, positions and identities at rest",
        "log": "makes the salts of the public log's commitments: without it no proof can be made any more",
        "notary": "signs the public log's checkpoints",
        "push": "signs what is pushed to telephones; changed, they must ask anew",
        "broker": "lets our own processes into the broker",
        "postgres": "opens the embedded PostgreSQL, as the owner of the tables",
        "postgres_admin": "opens the embedded PostgreSQL as its superuser, for set-up and whole copies",
    }
)


class BadSetting(ValueError):
    """A variable holds something that cannot be used; the message names the variable and what it expects."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One installation's choices. Build it with `from_environment`."""

    home: Path = Path("var")
    database_url: str = ""
    database_app_url: str = ""
    postgres_port: int = 0
    nats_url: tuple[str, ...] = ()
    broker_shards: int = 1
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 8883
    server_names: tuple[str, ...] = ("localhost", "127.0.0.1")
    demo: bool = False
    exercise: bool = False
    dc09_host: str = "127.0.0.1"
    dc09_port: int = 0
    uplink_token: str = ""
    webhook_private: bool = False
    watch_private: bool = False
    witnesses: tuple[str, ...] = ()
    log_name: str = ""
    metrics_port: int = 0
    sim_port: int = 14_600
    sim_devices_url: str = ""
    sim_programme_url: str = ""
    log_level: str = "info"
    time_zone: str = "Europe/Paris"
    region: str = "FR"
    mail_url: str = ""
    mail_from: str = ""
    sms_url: str = ""
    sms_token: str = ""
    calls_url: str = ""
    calls_token: str = ""
    push_hosts: tuple[str, ...] = PUSH_HOSTS
    checkins_per_s: float = 20.0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read `environ` (the process's own by default). Raises BadSetting naming the first bad variable."""
        source = os.environ if environ is None else environ
        given: dict[str, object] = {}
        for field in msgspec.structs.fields(cls):
            text = source.get(PREFIX + field.name.upper())
            if text:
                several = isinstance(field.default, tuple)
                given[field.name] = tuple(filter(None, map(str.strip, text.split(",")))) if several else text
        try:
            settings = msgspec.convert(given, cls, strict=False, dec_hook=_as_path)
        except msgspec.ValidationError as error:
            # msgspec ends its message with the field: "Expected `int`, got `str` - at `$.port`".
            what, _, where = str(error).partition(" - at `$.")
            raise BadSetting(f"{PREFIX}{where.rstrip('`').upper()}: {what}") from None
        settings = msgspec.structs.replace(
            settings,
            home=settings.home.expanduser().absolute(),
            sim_devices_url=settings.sim_devices_url or f"http://127.0.0.1:{settings.sim_port - 1}",
            sim_programme_url=settings.sim_programme_url or f"http://127.0.0.1:{settings.sim_port - 2}",
            public_url=settings.public_url or f"http://{_for_link(settings.host)}:{settings.port}",
        )
        _check(settings)
        return settings

    def secret(self, name: str) -> bytes:
        """Return one of SECRETS (32 bytes): from NEC_SECRET_<NAME> in hexadecimal, else from its file.

        The file is made on first use; two processes that race agree on one value.
        """
        if name not in SECRETS:
            raise KeyError(f"no secret is called {name}")
        variable = SECRET_PREFIX + name.upper()
        given = os.environ.get(variable)
        if given == WITHHELD:
            raise BadSetting(f"{variable}: not given to this process")
        text = given or _file_secret(self.home / "secrets", name)
        try:
            value = bytes.fromhex(text)
        except ValueError:
            raise BadSetting(f"{variable}: {2 * SECRET_BYTES} hexadecimal digits") from None
        if len(value) != SECRET_BYTES:
            raise BadSetting(f"{variable}: {2 * SECRET_BYTES} hexadecimal digits")
        return value

    def export(self, secrets: Collection[str] = tuple(SECRETS)) -> dict[str, str]:
        """Return the environment that makes a child process read these same settings, and `secrets` alone.

        The others are withheld by name: a child inherits our environment, and must not make a secret of its own.
        """
        exported = {PREFIX + n.upper(): _text(getattr(self, n)) for n in self.__struct_fields__}
        for name in SECRETS:
            variable = SECRET_PREFIX + name.upper()
            withheld = name not in secrets or os.environ.get(variable) == WITHHELD
            exported[variable] = WITHHELD if withheld else self.secret(name).hex()
        return exported


def _check(settings: Settings) -> None:
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise BadSetting("NEC_LOG_LEVEL: debug, info, warning or error")
    _check_place(settings)
    if settings.mail_url and not (settings.mail_url.startswith(("smtp://", "smtps://")) and settings.mail_from):
        raise BadSetting("NEC_MAIL_URL: an smtp:// or smtps:// address, with NEC_MAIL_FROM")
    if not 1 <= settings.broker_shards <= SHARDS_MAX:
        raise BadSetting(f"NEC_BROKER_SHARDS: a number from 1 to {SHARDS_MAX}")
    for name in ("database_url", "database_app_url"):
        address = getattr(settings, name)
        if address and not address.startswith(("postgresql://", "postgres://")):
            raise BadSetting(f"NEC_{name.upper()}: a postgresql:// address")
    if settings.database_app_url and not settings.database_url:
        raise BadSetting("NEC_DATABASE_APP_URL: only with NEC_DATABASE_URL; the embedded PostgreSQL has its own")
    for name in ("port", "mqtt_port", "postgres_port", "dc09_port", "metrics_port", "sim_port"):
        if not 0 <= getattr(settings, name) <= PORT_MAX:
            raise BadSetting(f"NEC_{name.upper()}: a port, 0 to {PORT_MAX}")


def _check_place(settings: Settings) -> None:
    if settings.time_zone not in available_timezones():
        raise BadSetting("NEC_TIME_ZONE: a name of the IANA time zone database, such as Europe/Paris")
    if settings.region not in SUPPORTED_REGIONS:
        raise BadSetting("NEC_REGION: a country by its two letters (ISO 3166-1), such as FR")


def _as_path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"no setting is read as {kind}")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def _for_link(host: str) -> str:
    """Return a host a browser on this machine can open; passkeys need a name, so loopback has its own."""
    if host in {"0.0.0.0", "::", "127.0.0.1", "::1"}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _file_secret(folder: Path, name: str) -> str:
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = folder / f".{name}.{secrets.token_hex(4)}"
        write_private(fresh, secrets.token_hex(SECRET_BYTES).encode())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process was first: its value counts
        finally:
            fresh.unlink()
    return path.read_text().strip()
