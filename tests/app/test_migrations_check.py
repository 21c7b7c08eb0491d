"""A model that changes without its migration is noticed."""

import pytest

from necmergitur.app.migrations_check import forked, missing
from necmergitur.web.boot import boot


@pytest.fixture(autouse=True, scope="module")
def _django() -> None:
    boot()


def test_the_tree_as_it_stands_has_every_migration() -> None:
    assert missing() == []
    assert forked() == []


def test_two_migrations_that_both_come_last_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.loader import MigrationLoader

    first = MigrationLoader(None).disk_migrations["facts", "0002_read_models"]
    honest = MigrationLoader.load_disk

    def planted(loader: MigrationLoader) -> None:
        honest(loader)
        rival = type(first)("0003_rival", "facts")
        rival.operations = []
        loader.disk_migrations["facts", "0003_rival"] = rival

    monkeypatch.setattr(MigrationLoader, "load_disk", planted)
    assert "facts.0003_rival" in forked()


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
