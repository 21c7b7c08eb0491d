"""Each process holds the secrets it needs and no other: what faces the Internet cannot sign what arms a drone."""

from pathlib import Path

import pytest

from necmergitur.app.processes import NEEDS, stages
from necmergitur.app.services import free_port
from necmergitur.app.settings import SECRETS, WITHHELD, BadSetting, Settings


@pytest.fixture
def environs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    for name in SECRETS:
        monkeypatch.delenv(f"NEC_SECRET_{name.upper()}", raising=False)
    settings = Settings(
        home=tmp_path, database_url="postgresql:///unused", nats_url=("nats://127.0.0.1:1",), port=free_port()
    )
    return {spec.name: dict(spec.environ) for stage in stages(settings) for spec in stage.processes}


@pytest.mark.parametrize("process", NEEDS)
def test_a_process_is_given_what_it_needs_and_the_rest_is_withheld(
    process: str, environs: dict[str, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(f"NEC_SECRET_{name.upper()}", environs[process][f"NEC_SECRET_{name.upper()}"])
    there = Settings(home=tmp_path)
    for name in SECRETS:
        if name in NEEDS[process]:
            assert len(there.secret(name)) == 32
        else:
            with pytest.raises(BadSetting, match="not given to this process"):
                there.secret(name)
    assert there.export()[f"NEC_SECRET_{'postgres'.upper()}"] == WITHHELD, "nor is it handed on"


def test_only_the_engine_signs_what_arms_a_drone(environs: dict[str, dict[str, str]]) -> None:
    assert set(environs) == {"engine", "live", "worker", "finder"}
    assert [name for name, environ in environs.items() if environ["NEC_SECRET_MISSION"] != WITHHELD] == ["engine"]


def test_what_runs_is_not_told_how_the_owner_of_the_tables_logs_in(tmp_path: Path) -> None:
    owner, app = "postgresql://owner:secret@/nec", "postgresql://app@/nec"
    settings = Settings(
        home=tmp_path,
        database_url=owner,
        database_app_url=app,
        nats_url=("nats://127.0.0.1:1",),
        port=free_port(),
        demo=True,
    )
    planned = stages(settings)
    for spec in (spec for stage in planned for spec in stage.processes):
        assert spec.environ["NEC_DATABASE_URL"] == app
        assert owner not in spec.environ.values()
    (prepare,) = (task for stage in planned for task in stage.then)
    assert prepare.environ["NEC_DATABASE_URL"] == owner


def test_the_embedded_database_has_a_login_for_what_runs(tmp_path: Path) -> None:
    planned = stages(Settings(home=tmp_path, nats_url=("nats://127.0.0.1:1",), port=free_port()))
    ours = [spec for stage in planned[1:] for spec in stage.processes]
    assert ours
    assert all("necmergitur_app:" in spec.environ["NEC_DATABASE_URL"] for spec in ours)
