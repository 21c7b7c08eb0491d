"""Identifiers. New ones come from a port: domain rooms never draw random numbers themselves."""

from typing import NewType, Protocol
from uuid import UUID

AuthorisationId = NewType("AuthorisationId", UUID)
IncidentId = NewType("IncidentId", UUID)
MissionId = NewType("MissionId", UUID)
SignalId = NewType("SignalId", UUID)
DeviceId = NewType("DeviceId", str)
DroneId = NewType("DroneId", str)
ZoneId = NewType("ZoneId", str)
UserId = NewType("UserId", int)


class IdSource(Protocol):
    """Makes new identifiers: UUIDv7 in production (RFC 9562, sortable by time), seeded in the simulator."""

    def new(self) -> UUID:
        """Return an identifier never returned before."""
        ...
