"""A model that changes without its migration is noticed."""

import pytest

from necmergitur.app.migrations_check import missing
from necmergitur.web.boot import boot


@pytest.fixture(autouse=True, scope="module")
def _django() -> None:
    boot()


def test_the_tree_as_it_stands_has_every_migration() -> None:
    assert missing() == []


def test_a_planted_field_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import models
    from django.db.migrations.state import ProjectState

    honest = ProjectState.from_apps

    def planted(apps: object) -> ProjectState:
        state = honest(apps)
        state.add_field("accounts", "user", "planted", models.BooleanField(default=False), preserve_default=True)
        return state

    monkeypatch.setattr(ProjectState, "from_apps", planted)
    assert [name.partition(".")[0] for name in missing()] == ["accounts"]
