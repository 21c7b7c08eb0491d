"""What is known of sensors, to begin an assessment from facts instead of memory."""

from django.apps import apps

from necmergitur.governance.modalities import MODALITIES
from necmergitur.governance.pia import Facts

STREAM = "sensor:"
SHOWN_MAX = 500


def sensors() -> list[tuple[str, str]]:
    """Return each sensor's stream and label; none where no sensor was ever declared."""
    if not _known():
        return []
    rows = apps.get_model("facts", "Sensor").objects.filter(retired_at=None).order_by("label", "id")[:SHOWN_MAX]
    return [(f"{STREAM}{row.id}", f"{row.label} ({row.id})") for row in rows]


def facts_of(stream: str) -> Facts | None:
    """Return what a sensor is now; None when it is not known."""
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


def schemas() -> list[tuple[str, str]]:
    """Return the closed types a reading may have."""
    return [(one.payload_schema, one.payload_schema) for one in MODALITIES.values()]


def schema_of(modality: str) -> str:
    """Return the form readings of a modality have, "" when it has none."""
    return MODALITIES[modality].payload_schema if modality in MODALITIES else ""


def fields_of(payload_schema: str) -> tuple[str, ...]:
    """Return what one reading says, field by field."""
    for one in MODALITIES.values():
        if one.payload_schema == payload_schema:
            return one.payload.__struct_fields__
    return ()


def _known() -> bool:
    return "sensor" in apps.all_models["facts"]
