"""What is known of sensors, to begin an assessment from facts instead of memory."""

import msgspec
from django.apps import apps
from django.utils.translation import gettext as _

from necmergitur.governance.assessments import DRONE_CAMERA, EVERYWHERE
from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.pia import Facts
from necmergitur.operations.picturing import CAMERAS
from necmergitur.people import crises
from necmergitur.people.constants import KEPT_AFTER_CLOSING_MAX

STREAM = "sensor:"
# What the fleet's cameras are, for an assessment: one stream over the whole city, as many pictures as a video has.
FLEET = Facts(
    stream=CAMERAS,
    modality=DRONE_CAMERA,
    payload_schema="picture/1",
    zones=(EVERYWHERE,),
    rate_per_minute=30 * 60,
)
# What people say of themselves in a crisis: no device, and as much as a city can say.
POPULATION = Facts(
    stream=crises.STREAM,
    modality=crises.MODALITY,
    payload_schema="people/1",
    zones=(EVERYWHERE,),
    rate_per_minute=15_000 * 60,
    retention_days=KEPT_AFTER_CLOSING_MAX.days,
)
SHOWN_MAX = 500


def sensors() -> list[tuple[str, str]]:
    """Return each sensor's stream and label, what no device is first."""
    whole = [
        (CAMERAS, str(_("The drones' cameras, all of them"))),
        (crises.STREAM, str(_("Services for the population in a crisis"))),
    ]
    if not _known():
        return whole
    rows = apps.get_model("facts", "Sensor").objects.filter(retired_at=None).order_by("label", "id")[:SHOWN_MAX]
    return [*whole, *((f"{STREAM}{row.id}", f"{row.label} ({row.id})") for row in rows)]


def facts_of(stream: str) -> Facts | None:
    """Return what a sensor, or the fleet, is now; None when it is not known."""
    if stream == CAMERAS:
        return msgspec.structs.replace(FLEET, firmware=",".join(_software()))
    if stream == crises.STREAM:
        return POPULATION
    if not _known() or not stream.startswith(STREAM):
        return None
    row = apps.get_model("facts", "Sensor").objects.filter(pk=stream.removeprefix(STREAM)).first()
    if row is None:
        return None
    return Facts(
        stream=stream,
        modality=row.modality,
        payload_schema=row.payload_schema,
        zones=(row.zone_id,) if row.zone_id else (),
        rate_per_minute=row.rate_per_minute,
        firmware=row.firmware,
    )


def _software() -> list[str]:
    """Return what the drones say they are flown by and look with, each once."""
    if "dronestate" not in apps.all_models["facts"]:
        return []
    rows = apps.get_model("facts", "DroneState").objects.filter(drone__dock__retired_at=None)
    return sorted(set(rows.exclude(software="").values_list("software", flat=True)))


def schemas() -> list[tuple[str, str]]:
    """Return the closed types a reading may have."""
    known = (*MODALITIES.values(), FLEET, POPULATION)
    return [(one.payload_schema, one.payload_schema) for one in known]


def schema_of(modality: str) -> str:
    """Return the form readings of a modality have, "" when it has none."""
    if modality == DRONE_CAMERA:
        return FLEET.payload_schema
    if modality == crises.MODALITY:
        return POPULATION.payload_schema
    return MODALITIES[modality].payload_schema if modality in MODALITIES else ""


def fields_of(payload_schema: str) -> tuple[str, ...]:
    """Return what one reading says, field by field."""
    for one in MODALITIES.values():
        if one.payload_schema == payload_schema:
            return one.payload.__struct_fields__
    return ()


def _known() -> bool:
    return "sensor" in apps.all_models["facts"]
