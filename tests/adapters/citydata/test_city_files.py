"""City files: read whole or refused with the file, the feature or line, and the reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.files import json_depth, parse_json, read_bounded
from necmergitur.adapters.citydata.geojson import (
    geometry_of,
    places_geojson,
    quarters_geojson,
    streets_geojson,
    zones_geojson,
)
from necmergitur.adapters.citydata.importing import read_city
from necmergitur.adapters.citydata.quarters_file import read_quarters
from necmergitur.adapters.citydata.streets_file import read_streets
from necmergitur.kernel.geo import Box, Position
from necmergitur.territory.build import build_city
from necmergitur.territory.model import City, CityPlan, Polygon, StreetNetwork
from necmergitur.territory.shapes import shape_of
from tests.territory.towns import town

PLAN = CityPlan(zones=4, buttons=50)
SQUARE = [[4.84, 45.74], [4.86, 45.74], [4.86, 45.76], [4.84, 45.76], [4.84, 45.74]]
BOW = [[4.84, 45.74], [4.86, 45.76], [4.86, 45.74], [4.84, 45.76], [4.84, 45.74]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def street_text(network: StreetNetwork) -> str:
    lines = [f"{len(network.junctions)} {len(network.streets)} 54000 8 0"]
    lines += [f"{p.lat} {p.lon}" for p in network.junctions]
    lines += [f"{s.start} {s.end} {2 if s.both_ways else 1} {s.seconds:g} {s.metres:g}" for s in network.streets]
    return "\n".join(lines) + "\n"


@pytest.fixture
def quarters(tmp_path: Path) -> Callable[..., Path]:
    """Write a quarters file."""

    def write(*features: Any, **top: Any) -> Path:
        path = tmp_path / "quarters.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)} | top))
        return path

    return write


@pytest.fixture
def streets(tmp_path: Path) -> Callable[[str], Path]:
    """Write a street file."""

    def write(text: str) -> Path:
        path = tmp_path / "streets.txt"
        path.write_text(text)
        return path

    return write


# --- a good city --------------------------------------------------------------------------------------


def test_files_make_the_city_their_content_makes(tmp_path: Path, streets: Callable[[str], Path]) -> None:
    source = town()
    path = tmp_path / "quarters.geojson"
    path.write_bytes(quarters_geojson(source.quarters))
    city = read_city(path, streets(street_text(source.network)), name="Town", plan=PLAN)
    direct = build_city(source, PLAN)
    assert isinstance(direct, City)
    assert city == direct


def test_quarters_written_are_read_back() -> None:
    polygons = (
        Polygon(
            tuple(Position(*pair) for pair in SQUARE),
            (tuple(Position(4.85 + x / 1e3, 45.75 + y / 1e3) for x, y in ((0, 0), (0, 1), (1, 1), (0, 0))),),
        ),
    )
    geometry = geometry_of((*polygons, *polygons))
    assert geometry["type"] == "MultiPolygon"
    signed = [
        [shape_of((Polygon(tuple(Position(*p) for p in ring)),)) for ring in part] for part in geometry["coordinates"]
    ]
    assert [[shape.exterior.is_ccw for shape in part] for part in signed] == [[True, False], [True, False]]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([{"nom": "Bercy", "c": "47"}, {"nom": "Picpus", "c": "46"}], ["Bercy", "Picpus"]),
        ([{"NAME": " Old  Town "}, {"NAME": "Port"}], ["Old Town", "Port"]),
        ([{"kind": "quarter", "l_qu": "Bercy"}, {"kind": "quarter", "l_qu": "Picpus"}], ["Bercy", "Picpus"]),
        ([{"name": "Bercy"}, {"name": None}], ["Quarter 1", "Quarter 2"]),
        ([{"code": "7510112"}, {"code": "7510113"}], ["Quarter 1", "Quarter 2"]),
        ([{}, {}], ["Quarter 1", "Quarter 2"]),
    ],
)
def test_a_quarter_is_named_by_what_tells_them_apart(
    quarters: Callable[..., Path], rows: list[dict[str, Any]], names: list[str]
) -> None:
    path = quarters(*(feature(polygon(SQUARE), **row) for row in rows))
    assert [quarter.name for quarter in read_quarters(path)] == names


def test_the_name_property_can_be_given(quarters: Callable[..., Path]) -> None:
    path = quarters(feature(polygon(SQUARE), name="Bercy", alias="XII-1"))
    assert read_quarters(path, "alias")[0].name == "XII-1"


def test_altitudes_and_a_byte_order_mark_are_accepted(quarters: Callable[..., Path]) -> None:
    path = quarters(feature(polygon([[*pair, 35.0] for pair in SQUARE]), name="Bercy"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_quarters(path)[0].polygons[0].shell[0] == Position(4.84, 45.74)


def test_the_map_layers_hold_every_object_once() -> None:
    city = build_city(town(), PLAN)
    assert isinstance(city, City)
    zones, lines, places = (
        json.loads(layer)["features"]
        for layer in (zones_geojson(city.zones), streets_geojson(city.streets), places_geojson(city))
    )
    assert [zone["properties"]["label"] for zone in zones] == [zone.label for zone in city.zones]
    assert len(lines) == len(city.streets)
    assert sorted(place["id"] for place in places) == sorted(
        [*(dock.id for dock in city.docks), *(button.id for button in city.buttons)]
    )


# --- bad quarters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"not json", "not readable as JSON"),
        (b'{"type": "FeatureCollection", "features": [', "not readable as JSON"),
        (b"\xff\xfe\x00", "not readable as JSON"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (b'{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no features"),
        (b'{"type":' + b"[" * 30 + b"]" * 30 + b"}", "nested 31 deep: at most 24; nothing was parsed"),
    ],
)
def test_an_unreadable_quarters_file_is_named_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "quarters.geojson"
    path.write_bytes(content)
    with pytest.raises(CityDataError) as caught:
        read_quarters(path)
    assert caught.value.file == str(path)
    assert reason in caught.value.reason


def test_the_line_of_broken_json_is_given(tmp_path: Path) -> None:
    path = tmp_path / "quarters.geojson"
    path.write_text('{"type": "FeatureCollection",\n"features": [\nnonsense]}')
    with pytest.raises(CityDataError) as caught:
        read_quarters(path)
    assert caught.value.line == 3
    assert str(caught.value).startswith(f"{path}, line 3: ")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (feature(None), "no geometry"),
        (feature({"type": "Point", "coordinates": [4.8, 45.7]}), "a Point; a Polygon"),
        (feature(polygon(SQUARE[:-1])), "a ring of 4 positions is not closed"),
        (feature(polygon(SQUARE[:2])), "a ring of 2 positions is not closed"),
        (feature(polygon()), "a polygon without rings"),
        (feature({"type": "MultiPolygon", "coordinates": []}), "without polygons"),
        (feature(polygon("ring")), "not a list of positions"),
        (feature(polygon([["4.8", "45.7"], *SQUARE])), "not a position"),
        (feature(polygon([[True, False], *SQUARE])), "not a position"),
        (feature(polygon([[652_000.0, 6_862_000.0], *SQUARE])), "look like projected metres"),
        (feature(polygon([[45.7, 104.8], *SQUARE])), "not longitude and latitude"),
        ({"type": "Polygon"}, "not a GeoJSON Feature"),
        (feature(polygon(BOW), name="Bow"), "crosses itself"),
    ],
)
def test_a_bad_quarter_is_named_by_its_number(
    quarters: Callable[..., Path], streets: Callable[[str], Path], bad: Any, reason: str
) -> None:
    far = [[lon + 0.1, lat] for lon, lat in SQUARE]
    path = quarters(feature(polygon(far), name="Fine"), bad)
    with pytest.raises(CityDataError) as caught:
        read_city(path, streets(street_text(town().network)), name="Town", plan=PLAN)
    assert caught.value.file == str(path)
    assert caught.value.feature.startswith("feature 1")
    assert reason in caught.value.reason


def test_the_name_of_a_self_crossing_quarter_is_in_the_message(
    quarters: Callable[..., Path], streets: Callable[[str], Path]
) -> None:
    path = quarters(feature(polygon(BOW), name="Bow"))
    with pytest.raises(CityDataError, match=r"feature 0 'Bow': .*Self-intersection"):
        read_city(path, streets(street_text(town().network)), name="Town", plan=PLAN)


def test_another_coordinate_system_is_refused(quarters: Callable[..., Path]) -> None:
    path = quarters(feature(polygon(SQUARE)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}})
    with pytest.raises(CityDataError, match="WGS84 longitude and latitude are needed"):
        read_quarters(path)
    path = quarters(feature(polygon(SQUARE)), crs={"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}})
    assert len(read_quarters(path)) == 1


# --- bad streets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("2\n", 1, "2 finite numbers are needed"),
        ("two 1\n", 1, "not numbers"),
        ("0 1\n", 1, "announces 0 junctions"),
        ("2 0\n", 1, "announces 0 streets"),
        ("2.5 1\n", 1, "announces 2.5 junctions"),
        ("9999999 1\n", 1, "announces 1e+07 junctions: 1 to 1000000"),
        ("2 1 0 0 0\n45.75 4.85\n", 2, "ends after 2 lines; its header announces 4"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 1 2 5 80\n1 0 2 5 80\n", 5, "goes on after the 4 lines"),
        ("2 1\n45.75 4.85\n95.76 4.86\n0 1 2 5 80\n", 3, "not on Earth"),
        ("2 1\n45.75 4.85\n45.76 nan\n0 1 2 5 80\n", 3, "2 finite numbers are needed"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 2 2 5 80\n", 4, "joins junctions 0 and 2; there are 2"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 1 3 5 80\n", 4, "direction 3"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 1 2 5 0\n", 4, "0 m in 5 s"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 1 2 -5 80\n", 4, "80 m in -5 s"),
        ("2 1\n45.75 4.85\n45.76 4.86\n0 1 2\n", 4, "5 finite numbers are needed"),
        ("2 1\n45.75 4.85\n" + "4" * 300 + " 4.86\n0 1 2 5 80\n", 3, "a line of 305 characters"),
        ("2 1\n45.75 4.85\n45.76 é\n0 1 2 5 80\n", 0, "not a text file"),
    ],
)
def test_a_bad_street_file_is_refused_by_line(
    streets: Callable[[str], Path], text: str, line: int, reason: str
) -> None:
    path = streets(text)
    with pytest.raises(CityDataError) as caught:
        read_streets(path)
    assert (caught.value.file, caught.value.line) == (str(path), line)
    assert reason in caught.value.reason


def test_a_street_outside_the_territory_is_refused_by_its_line(
    quarters: Callable[..., Path], streets: Callable[[str], Path]
) -> None:
    half = [[min(4.85, lon), lat] for lon, lat in SQUARE]
    network = town().network
    path = streets(street_text(network))
    with pytest.raises(CityDataError, match="lies outside the territory") as caught:
        read_city(quarters(feature(polygon(half), name="West")), path, name="Town", plan=PLAN)
    assert caught.value.file == str(path)
    words = path.read_text().splitlines()[caught.value.line - 1].split()
    start, end = (network.junctions[int(word)] for word in words[:2])
    inside = Box(4.84, 45.74, 4.85, 45.76)
    assert not (inside.contains(start) and inside.contains(end))


def test_a_graph_in_pieces_is_refused_by_file_and_line(
    quarters: Callable[..., Path], streets: Callable[[str], Path]
) -> None:
    text = "4 2\n45.745 4.845\n45.745 4.846\n45.755 4.855\n45.755 4.856\n0 1 2 9 80\n2 3 2 9 70\n"
    path = streets(text)
    with pytest.raises(CityDataError, match="2 separate parts") as caught:
        read_city(quarters(feature(polygon(SQUARE))), path, name="Town", plan=PLAN)
    assert (caught.value.file, caught.value.line) == (str(path), 7)


def test_a_plan_that_cannot_be_met_is_an_error_too(tmp_path: Path, streets: Callable[[str], Path]) -> None:
    path = tmp_path / "quarters.geojson"
    path.write_bytes(quarters_geojson(town().quarters))
    with pytest.raises(CityDataError, match="too_many_zones"):
        read_city(path, streets(street_text(town().network)), name="Town", plan=CityPlan(zones=2_000))


# --- size and depth -----------------------------------------------------------------------------------


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.geojson"
    with path.open("wb") as sparse:
        sparse.truncate(70 * 1024 * 1024)
    with pytest.raises(CityDataError, match=r"at most 67108864; nothing was read"):
        read_quarters(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.geojson", tmp_path):
        with pytest.raises(CityDataError, match="no such file") as caught:
            read_bounded(path, 10)
        assert caught.value.file == str(path)


@settings(max_examples=200, deadline=None)
@given(
    document=st.recursive(
        st.none() | st.text(alphabet='[]{}"\\a', max_size=6) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[]{}"a', max_size=3), inner),
        max_leaves=20,
    )
)
def test_depth_is_counted_as_a_parser_would(document: Any) -> None:
    def depth(value: Any) -> int:
        if isinstance(value, dict):
            return 1 + max((depth(inner) for inner in value.values()), default=0)
        return 1 + max((depth(inner) for inner in value), default=0) if isinstance(value, list) else 0

    assert json_depth(json.dumps(document).encode()) == depth(document)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text(alphabet='[]{}":,\\ 1a', max_size=60).map(str.encode))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    bare = content.removeprefix(b"\xef\xbb\xbf")
    try:
        expected = msgspec.json.decode(bare)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        with pytest.raises(CityDataError):
            parse_json("any", content)
    else:
        if json_depth(bare) <= 24:
            assert parse_json("any", content) == expected
