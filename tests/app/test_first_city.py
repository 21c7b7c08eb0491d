"""A city may be put in before anything ever ran; what needs a city says so where there is none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(240)


def test_the_first_thing_done_in_a_new_home_may_be_to_put_a_city_in(home: Path, tmp_path: Path) -> None:
    code, said = _nec(home, "drone", "docks")
    assert (code, said) == (1, "Error: There is no city here yet: put one in (nec city import), or start (nec run).")
    quarters, streets = tmp_path / "quarters.geojson", tmp_path / "streets.txt"
    _square(quarters, streets)
    words = ["city", "import", "--quarters", str(quarters), "--streets", str(streets), "--zones", "4", "--buttons"]
    code, said = _nec(home, *words, "40")
    assert code == 0, said
    assert "Quarters: 4 zones, 4 docks, 40 buttons." in said
    code, said = _nec(home, *words, "40")
    assert "buttons: 40 kept, 0 moved, 0 new, 0 retired" in said, said
    good = quarters.read_text()
    _square(quarters, streets, crossing=True)
    code, said = _nec(home, *words, "60")
    assert (code, said.startswith(f"Error: {quarters}, feature 0 'Old town': ")) == (1, True), said
    assert "Traceback" not in said
    quarters.write_text(good)
    code, said = _nec(home, *words, "60", "--check")
    assert (code, '"buttons": 60' in said) == (0, True), said
    empty = tmp_path / "geozones.json"
    empty.write_text('{"title": "None", "features": []}')
    code, said = _nec(home, *words, "40", "--geozones", str(empty))
    assert "No flight with this set: " in said, said
    assert "buttons: 40 kept, 0 moved, 0 new, 0 retired" in said, "neither a bad file nor a look changes anything"
    code, said = _nec(home, "drone", "docks")
    assert (code, len(said.splitlines())) == (0, 4), said
    panel = ("panel-1", "--transport", "dc09", "--key", "12AB", "--label", "Hall", "--lon", "2.015", "--lat", "47.015")
    code, said = _nec(home, "device", "foreign", *panel)
    assert code == 0, said
    code, said = _nec(home, "device", "enrol", "--all", "--into", str(tmp_path / "devices"))
    assert said.startswith("40 buttons enrolled"), said
    assert not (tmp_path / "devices" / "panel-1.key.pem").exists(), "a panel speaks no MQTT"


def _nec(home: Path, *words: str) -> tuple[int, str]:
    """Run one command in a process of its own, whose database stops with it."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith("NEC_")} | {"NEC_HOME": str(home)}
    argv = [sys.executable, "-m", "necmergitur.app.cli", *words]
    heard = subprocess.run(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return heard.returncode, heard.stdout.strip()


def _square(quarters: Path, streets: Path, *, crossing: bool = False) -> None:
    """Write one quarter of about 3 km by 3 km (or one that crosses itself), and a grid of streets in it."""
    west, south, side, count = 2.0, 47.0, 0.03, 11
    corners = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    if crossing:
        corners[1], corners[2] = corners[2], corners[1]
    feature = {
        "type": "Feature", "properties": {"name": "Old town"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }  # fmt: skip
    quarters.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    step = side / (count + 1)
    middle = [step * (1 + place) for place in range(count)]
    points = [f"{south + north} {west + east}" for north in middle for east in middle]
    lines = [
        f"{here} {there} 2 20 200"
        for row in range(count)
        for column in range(count)
        for here, there in (
            (row * count + column, row * count + column + 1) if column + 1 < count else (0, 0),
            (row * count + column, (row + 1) * count + column) if row + 1 < count else (0, 0),
        )
        if here != there
    ]
    streets.write_text("\n".join([f"{len(points)} {len(lines)}", *points, *lines]) + "\n")
