"""Alarms of the system about itself: broker lost, database lost, probe missed. Shown on every console."""

from datetime import datetime

from necmergitur.operations.registry import Registry


def set_alarm(registry: Registry, name: str, raised: bool, detail: str, now: datetime) -> bool:
    """Raise or clear an alarm; return whether that changed anything."""
    with registry.transaction() as tx:
        changed: bool = tx.raise_alarm(name, detail, now) if raised else tx.clear_alarm(name, now)
        return changed
