"""A sensor made known: its place in a zone, its key and certificate, and what the broker lets it say."""

from datetime import datetime

from necmergitur.adapters.pki import CityAuthority, DeviceCredential
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.probing import tell_broker
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import MACHINE
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.sensors import Sensor
from necmergitur.kernel.geo import Position
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import sensing


def enrol_sensor(
    settings: Settings,
    over: PostgresStore,
    sensor_id: str,
    *,
    modality: str,
    label: str,
    place: Position,
    rate_per_minute: int,
    now: datetime,
) -> DeviceCredential | Refusal:
    """Enrol a sensor, or give one a new place and a new key; the broker lets the new key in and the old one no more."""
    kind = MODALITIES.get(modality)
    if kind is None:
        return Refusal(rule="modality_without_type", owner="gate", facts={"modality": modality})
    with over.transaction() as tx:
        zone = tx.zone_at(place)
    if zone is None:
        return Refusal(rule="place_outside_city", detail="This place lies outside the city's zones.")
    credential = CityAuthority.open(settings.home / "pki").issue_device(sensor_id, "sensor")
    asked = Sensor(
        id=sensor_id,
        label=label,
        modality=modality,
        payload_schema=kind.payload_schema,
        zone_id=zone[0],
        lon=place.lon,
        lat=place.lat,
        rate_per_minute=rate_per_minute,
        firmware="",
        certificate_subject=credential.subject,
        installed_at=now,
    )
    outcome = sensing.enrol(over, asked, MACHINE, now)
    if isinstance(outcome, Refusal):
        return outcome
    tell_broker(settings, over)
    return credential
