"""Settings come from the environment alone, are refused by name, and are all explained."""

import re
from pathlib import Path

import pytest

from necmergitur.app.settings import SECRETS, BadSetting, Settings

ROOT = Path(__file__).parents[2]


def test_defaults_serve_this_machine_only() -> None:
    settings = Settings.from_environment({})
    assert (settings.host, settings.mqtt_host) == ("127.0.0.1", "127.0.0.1")
    assert settings.public_url == "http://localhost:8000"
    assert settings.home == Path.cwd() / "var"


def test_a_child_reads_back_exactly_what_was_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(f"NEC_SECRET_{name.upper()}", raising=False)
    settings = Settings.from_environment(
        {"NEC_HOME": str(tmp_path), "NEC_NATS_URL": "nats://a:1, nats://b:2", "NEC_DEMO": "true", "NEC_PORT": "9000"}
    )
    assert settings.nats_url == ("nats://a:1", "nats://b:2")
    exported = settings.export()
    assert Settings.from_environment(exported) == settings
    assert {exported[f"NEC_SECRET_{name.upper()}"] for name in SECRETS} == {settings.secret(n).hex() for n in SECRETS}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NEC_PORT", "eight"),
        ("NEC_PORT", "70000"),
        ("NEC_DEMO", "perhaps"),
        ("NEC_BROKER_SHARDS", "0"),
        ("NEC_DATABASE_URL", "sqlite:///x"),
        ("NEC_LOG_LEVEL", "chatty"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{variable}: "):
        Settings.from_environment({variable: value})


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEC_SECRET_SEAL")
    settings = Settings(home=tmp_path)
    first = settings.secret("seal")
    assert len(first) == 32
    assert settings.secret("seal") == first
    assert (tmp_path / "secrets" / "seal").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert [p.name for p in (tmp_path / "secrets").iterdir()] == ["seal"]


def test_a_secret_of_the_environment_wins_over_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEC_SECRET_SEAL", "ab" * 32)
    assert Settings(home=tmp_path).secret("seal") == b"\xab" * 32
    monkeypatch.setenv("NEC_SECRET_SEAL", "short")
    with pytest.raises(BadSetting, match="NEC_SECRET_SEAL"):
        Settings(home=tmp_path).secret("seal")


def _rows() -> list[str]:
    return re.findall(r"^\| `(NEC_[A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)


def _documented() -> set[str]:
    return set(_rows())


def test_a_setting_is_explained_in_one_place() -> None:
    assert sorted(_rows()) == sorted(_documented())


def test_every_setting_and_secret_is_documented() -> None:
    ours = {f"NEC_{name.upper()}" for name in Settings.__struct_fields__}
    ours |= {f"NEC_SECRET_{name.upper()}" for name in SECRETS}
    assert ours <= _documented()


def test_every_variable_the_code_reads_is_documented_and_none_is_documented_in_vain() -> None:
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"\bNEC_[A-Z0-9]+(?:_[A-Z0-9]+)*\b", path.read_text())
        if name != "NEC_SECRET"
    }
    read |= {f"NEC_{name.upper()}" for name in Settings.__struct_fields__}
    read |= {f"NEC_SECRET_{name.upper()}" for name in SECRETS}
    tests_only = {"NEC_CORPUS"}
    assert read - tests_only == _documented() - tests_only
