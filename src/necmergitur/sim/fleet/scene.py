"""What a simulated camera sees straight below: streets, people, smoke, the time. All of it is drawn."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from itertools import pairwise

import msgspec
from PIL import Image, ImageDraw, ImageFont

from necmergitur.kernel.geo import LocalPlane, Position
from necmergitur.sim.fleet.constants import (
    FRAME_HEIGHT_PX,
    FRAME_WIDTH_PX,
    HORIZONTAL_FIELD_DEG,
    JPEG_QUALITY,
    MAX_DRAWN_STREETS,
    SCENE_CELL_DEG,
    SCENE_PEOPLE,
)

_GROUND, _STREET, _PERSON, _DOWN, _INK = "#5b5f5a", "#8c8f93", "#f2efe6", "#e0574f", "#ffffff"
_STREET_WIDTH_M = 9.0
_PERSON_RADIUS_M = 0.9
_SMOKE_PUFFS = 7


class Streets:
    """Street lines, found by the cell they touch."""

    def __init__(self, lines: Iterable[Sequence[Position]]) -> None:
        self._cells: defaultdict[tuple[int, int], list[tuple[Position, Position]]] = defaultdict(list)
        for line in lines:
            for a, b in pairwise(line):
                for cell in {_cell(a), _cell(b), _cell(Position((a.lon + b.lon) / 2, (a.lat + b.lat) / 2))}:
                    self._cells[cell].append((a, b))

    def near(self, place: Position) -> list[tuple[Position, Position]]:
        """Return at most 200 street pieces in the nine cells around a place."""
        column, row = _cell(place)
        found = [
            piece for dx in (-1, 0, 1) for dy in (-1, 0, 1) for piece in self._cells.get((column + dx, row + dy), ())
        ]
        return found[:MAX_DRAWN_STREETS]


class View:
    """Where the camera is: the picture's centre is below it, north is up."""

    def __init__(self, centre: Position, altitude_m: float) -> None:
        self._plane = LocalPlane(centre)
        width_m = 2.0 * max(altitude_m, 2.0) * math.tan(math.radians(HORIZONTAL_FIELD_DEG / 2))
        self.px_per_m = FRAME_WIDTH_PX / width_m

    def pixel(self, place: Position) -> tuple[float, float]:
        """Return (column, row) of a place, perhaps outside the frame."""
        x_m, y_m = self._plane.to_xy(place)
        return FRAME_WIDTH_PX / 2 + x_m * self.px_per_m, FRAME_HEIGHT_PX / 2 - y_m * self.px_per_m


class Sight(msgspec.Struct, frozen=True):
    """What there is to see: people lying, people about, smoke."""

    lying: int
    standing: int
    smoke: bool


def sight_of(seed: int) -> Sight:
    """Return what chance put there, where nobody wrote the scene."""
    return Sight(1, seed % SCENE_PEOPLE, bool(seed % 2))


def draw(
    streets: Streets,
    scene: Position,
    camera: Position,
    altitude_m: float,
    drone_id: str,
    *,
    at: datetime,
    seed: int,
    sight: Sight | None = None,
) -> bytes:
    """Return one JPEG frame: `scene` is where people and smoke are, `camera` where the drone is."""
    seen = sight or sight_of(seed)
    view = View(camera, altitude_m)
    image = Image.new("RGB", (FRAME_WIDTH_PX, FRAME_HEIGHT_PX), _GROUND)
    canvas = ImageDraw.Draw(image, "RGBA")
    width_px = max(2, round(_STREET_WIDTH_M * view.px_per_m))
    for a, b in streets.near(camera):
        canvas.line([view.pixel(a), view.pixel(b)], fill=_STREET, width=width_px)
    _people(canvas, view, scene, at, seed, seen)
    if seen.smoke:
        _smoke(canvas, view, scene, at, seed)
    font = ImageFont.load_default(size=15)
    canvas.rectangle((0, 0, FRAME_WIDTH_PX, 22), fill=(0, 0, 0, 150))
    label = f"{drone_id}   {at:%Y-%m-%d %H:%M:%S}Z   {altitude_m:.0f} m   SIMULATED"
    canvas.text((6, 3), label, fill=_INK, font=font)
    out = BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _people(canvas: ImageDraw.ImageDraw, view: View, scene: Position, at: datetime, seed: int, seen: Sight) -> None:
    rng = random.Random(seed)  # noqa: S311  a drawing
    plane = LocalPlane(scene)
    seconds = at.timestamp()
    radius = max(2.0, _PERSON_RADIUS_M * view.px_per_m)
    for number in range(seen.lying + seen.standing):
        x_m, y_m, phase = rng.gauss(0, 9), rng.gauss(0, 9), rng.uniform(0, math.tau)
        lying = number < seen.lying
        step_m = 0.0 if lying else 2.0
        place = plane.to_position(
            x_m + step_m * math.sin(seconds / 5 + phase), y_m + step_m * math.cos(seconds / 7 + phase)
        )
        column, row = view.pixel(place)
        length = radius * (1.9 if lying else 1.0)
        canvas.ellipse((column - length, row - radius, column + length, row + radius), fill=_DOWN if lying else _PERSON)


def _smoke(canvas: ImageDraw.ImageDraw, view: View, scene: Position, at: datetime, seed: int) -> None:
    rng = random.Random(seed + 1)  # noqa: S311  a drawing
    plane = LocalPlane(scene)
    for puff in range(_SMOKE_PUFFS):
        age = (at.timestamp() / 6 + puff / _SMOKE_PUFFS) % 1.0
        x_m = rng.gauss(12, 2) + 25 * age
        y_m = rng.gauss(10, 2) + 9 * age
        column, row = view.pixel(plane.to_position(x_m, y_m))
        radius = (2 + 7 * age) * view.px_per_m
        canvas.ellipse(
            (column - radius, row - radius, column + radius, row + radius), fill=(40, 40, 42, round(150 * (1 - age)))
        )


def _cell(place: Position) -> tuple[int, int]:
    return math.floor(place.lon / SCENE_CELL_DEG), math.floor(place.lat / SCENE_CELL_DEG)
