"""A short way to play a crisis: an incident, two people, a key, people who check in."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.governance.assessments import Assessment, Covers
from necmergitur.governance.breakglass import Who
from necmergitur.operations import assessing
from necmergitur.operations.population import checkins, crises
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.crises import MODALITY, Asked, Crisis
from tests.operations.scene import LEAD, Scene
from tests.operations.town import MIDDLE, START

FIRST, SECOND = Who(102, "lead"), Who(103, "duty_officer")
KEPT = timedelta(days=7)


def assessed(scene: Scene, **changes: Any) -> Assessment:
    covers = Covers(
        streams=("population",),
        modality=MODALITY,
        payload_schema="people/1",
        purpose="emergency_response",
        zones=("*",),
        rate_per_minute=1,
        retention_days=30,
    )
    asked = Assessment(
        id=scene.store.ids.new(),
        version=1,
        digest="d" * 64,
        title="Standing by the population",
        covers=covers,
        opinion="favourable",
        signed_by="user:104",
        signed_at=scene.now,
        review_by=scene.now + timedelta(days=365),
    )
    signed = assessing.sign(scene.store, asked, LEAD, scene.now)
    assert isinstance(signed, Assessment), signed
    return signed


class Night(Scene):
    """A scene with crises."""

    def __init__(self, store: PostgresStore, home: Path) -> None:
        super().__init__(store, START)
        self.keys = KeyFiles(home)

    def asked(self, incident_id: UUID | None, **changes: Any) -> Asked:
        parts = {
            "id": self.store.ids.new(),
            "incident_id": incident_id,
            "name": "Halles",
            "middle": MIDDLE,
            "radius_m": 2_000.0,
            "services": ("safe", "find", "doors"),
            "languages": ("fr", "en"),
            "kept": KEPT,
            "drill": incident_id is None,
            "reason": "shots heard in several streets",
        }
        return Asked(**(parts | changes))

    def ask(self, incident_id: UUID | None = None, by: Who = FIRST, **changes: Any) -> Any:
        return crises.ask(self.store, self.asked(incident_id, **changes), by, self.now)

    def confirm(self, crisis: Crisis, by: Who = SECOND) -> Any:
        return crises.confirm(self.store, self.keys, crisis.id, by, self.now)

    def opened(self, incident_id: UUID | None = None, **changes: Any) -> Crisis:
        crisis = self.confirm(self.ask(incident_id, **changes))
        assert isinstance(crisis, Crisis), crisis
        return crisis

    def key(self, crisis: Crisis) -> CrisisKey:
        key = self.keys.of(crisis.id)
        assert key is not None
        return key

    def says(self, crisis: Crisis, name: str, status: str = "safe", once: bytes = b"", **more: Any) -> Any:
        said = read(Form(name=name, status=status, **more), once or os.urandom(16), Channel.PAGE, "FR")
        assert isinstance(said, CheckIn), said
        (answer,) = checkins.take(self.store, crisis, self.key(crisis), [(said, os.urandom(SALT_BYTES))], self.now)
        return answer

    def rows(self, query: str, **parts: Any) -> list[tuple[Any, ...]]:
        with self.store.cursor() as cursor:
            return cursor.execute(query, parts).fetchall()
