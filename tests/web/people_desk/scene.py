"""A crisis in the pages' city, with people who say how they are."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from necmergitur.adapters.crisis_keys import SALT_BYTES, KeyFiles
from necmergitur.governance.breakglass import Who
from necmergitur.operations.intake import Ground
from necmergitur.operations.population import checkins, crises, helping
from necmergitur.people.checkins import Channel, CheckIn, Form, Status, read
from necmergitur.people.crises import Asked, Crisis
from necmergitur.web.store import store
from tests.web.pages import MIDDLE, City


class Night:
    """What happens in one crisis."""

    def __init__(self, city: City, home: Path) -> None:
        self.city, self.keys, self.now = city, KeyFiles(home), datetime.now(UTC)
        self.incident = city.press()
        asked = Asked(
            id=store().ids.new(),
            incident_id=self.incident,
            name="Halles",
            middle=MIDDLE,
            radius_m=1_000.0,
            services=("safe", "find", "doors"),
            languages=("fr", "en"),
            kept=timedelta(days=7),
            drill=False,
            reason="shots heard",
        )
        state = crises.ask(store(), asked, self.who("lead"), self.now)
        assert isinstance(state, Crisis), state
        opened = crises.confirm(store(), self.keys, state.id, self.who("duty_officer"), self.now)
        assert isinstance(opened, Crisis), opened
        self.crisis = opened

    def who(self, role: str) -> Who:
        return Who(self.city.users[role].pk, role)

    @property
    def key(self) -> Any:
        return self.keys.of(self.crisis.id)

    def says(self, name: str, status: str = "safe", **more: Any) -> bytes:
        """Check somebody in; return the row."""
        said = read(Form(name=name, status=status, **more), os.urandom(16), Channel.PAGE, "FR")
        assert isinstance(said, CheckIn), said
        (answer,) = checkins.take(store(), self.crisis, self.key, [(said, os.urandom(SALT_BYTES))], self.now)
        assert answer
        return bytes(self.key.row_of(answer.link))

    def calls(self, row_id: bytes, status: Status = Status.NEED_HELP) -> tuple[UUID, str]:
        """Press for somebody; return the incident and the device."""
        pressed = helping.press(row_id, status, None, self.now, drill=False)
        (answer,) = helping.take(store(), [pressed], Ground(MIDDLE), self.now)
        assert answer.incident_id is not None
        return answer.incident_id, pressed.press.device
