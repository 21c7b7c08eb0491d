"""The synthetic button of an installation: its certificate, its row, and its place at the broker."""

from datetime import UTC, datetime

from necmergitur.adapters.broker import DeviceCert, reload_broker, write_device_users
from necmergitur.adapters.pki import CityAuthority, write_private
from necmergitur.adapters.postgres.queries import load
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.adapters.probe import DEVICE_ID, Probe
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.operations import devices
from necmergitur.operations.registry import NewDevice


def enrol_probe(settings: Settings, over: PostgresStore) -> None:
    """Give the installation its synthetic button, unless it has one, and tell the broker every device it knows."""
    folder = settings.home / "probe"
    if not (folder / "certificate.pem").exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        credential = CityAuthority.open(settings.home / "pki").issue_device(DEVICE_ID)
        device = NewDevice(
            id=DEVICE_ID,
            kind="synthetic",
            transport="mqtt",
            label="Synthetic button",
            certificate_subject=credential.subject,
        )
        devices.enrol(over, [device], MACHINE, datetime.now(UTC))
        write_private(folder / "key.pem", credential.key_pem)
        write_private(folder / "certificate.pem", credential.cert_pem)
    tell_broker(settings, over)


def tell_broker(settings: Settings, over: PostgresStore) -> None:
    """Write the broker's device users from the database, and have it reload them."""
    with over.cursor() as cursor:
        known = [DeviceCert(*row) for row in cursor.execute(load("registry")["certificates"])]
    write_device_users(settings.home, known)
    reload_broker(settings.home)


def probe(settings: Settings, host: str, port: int) -> Probe:
    """Return the probe of this installation, aimed at a broker."""
    folder = settings.home / "probe"
    trust = folder / "trust.pem"
    trust.write_bytes(CityAuthority.open(settings.home / "pki").trust_pem)
    return Probe(host, port, trust=trust, certificate=folder / "certificate.pem", key=folder / "key.pem")
