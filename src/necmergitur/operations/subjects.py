"""Whom sealed data is about: each has keys of its own, so that one can be erased alone (docs/adr/0017)."""

from uuid import UUID


def of_device(device_id: str) -> str:
    """Return the subject that holds a personal button: where it was pressed, and who it is."""
    return f"device:{device_id}"


def of_incident(incident_id: UUID) -> str:
    """Return the subject of what people wrote and pictured about an incident."""
    return f"incident:{incident_id}"
