"""A drawn scene shows what its story says: as many people, lying or not, and smoke only where there is some."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from necmergitur.kernel.geo import Position
from necmergitur.sim.demo.people import SCENES
from necmergitur.sim.fleet.scene import Sight, Streets, draw

HERE = Position(2.35, 48.85)
AT = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
STORIES = [scene for scenes in SCENES.values() for scene in scenes]


def colours(sight: Sight) -> tuple[int, int]:
    """Return how many pixels are red (somebody lying) and how many nearly white (somebody about), below the label."""
    frame = draw(Streets([]), HERE, HERE, 60.0, "D-001", at=AT, seed=4, sight=sight)
    image = Image.open(BytesIO(frame)).convert("RGB")
    pixels = [image.getpixel((x, y)) for y in range(24, image.height) for x in range(image.width)]
    red = sum(r > 180 and g < 130 for r, g, _b in pixels)
    white = sum(r > 210 and g > 200 and b > 180 for r, g, b in pixels)
    return red, white


@pytest.mark.parametrize("scene", STORIES, ids=lambda scene: scene.words[:24])
def test_the_camera_shows_somebody_down_exactly_where_the_pilot_files_it(scene: object) -> None:
    red, white = colours(scene.sight)  # type: ignore[attr-defined]
    assert (red > 0) == bool(scene.facts.people_down)  # type: ignore[attr-defined]
    assert (white > 0) == bool(scene.sight.standing)  # type: ignore[attr-defined]
    assert scene.sight.smoke == scene.facts.smoke  # type: ignore[attr-defined]
