"""What is installed before the first call: zones, drones, devices, pilots on shift and the airspace."""

from datetime import datetime

import msgspec

from necmergitur.dispatch.constants import PILOT_QUALIFICATION
from necmergitur.governance.authorisations import Authorisation
from necmergitur.operations.ports import DroneRecord, Notice
from necmergitur.signals.press import Device
from necmergitur.territory.geozones import GeozoneSet
from necmergitur.territory.model import Zone


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A pilot on duty, with the qualification that lets them fly."""

    user_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    max_missions: int = 1
    paused: bool = False
    qualified_from: datetime | None = None
    qualified_until: datetime | None = None
    qualification: str = PILOT_QUALIFICATION


class DrillWindow(msgspec.Struct, frozen=True):
    """Zones (None: all) whose buttons are being tested, from when until when."""

    zones: tuple[str, ...] | None
    starts_at: datetime
    ends_at: datetime


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a store must hold before operations run on it."""

    zones: tuple[Zone, ...] = ()
    drones: tuple[DroneRecord, ...] = ()
    devices: tuple[Device, ...] = ()
    shifts: tuple[Shift, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    geozones: GeozoneSet | None = None
    drill_windows: tuple[DrillWindow, ...] = ()
    notices: tuple[Notice, ...] = ()
