"""One setting makes an exercise of every press, whatever door it came through."""

from pathlib import Path

import msgspec
import pytest

from necmergitur.app.settings import Settings
from necmergitur.app.wiring.engine import engine_parts
from necmergitur.app.wiring.live import live_app


@pytest.mark.parametrize("exercise", [True, False])
def test_the_engine_and_live_know_whether_it_is_an_exercise(migrated_url: str, tmp_path: Path, exercise: bool) -> None:
    given = Settings.from_environment({"NEC_EXERCISE": "1" if exercise else "0", "NEC_HOME": str(tmp_path)})
    settings = msgspec.structs.replace(given, database_url=migrated_url)
    for parts in (engine_parts(settings), live_app(settings, pages=False)._parts):
        assert parts.ground.exercise is exercise
        parts.store.close()
