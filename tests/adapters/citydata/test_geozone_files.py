"""Geozone files as the world writes them: both standards, their dialects, and their mistakes."""

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.geozones_file import parse_geozones, read_geozones
from necmergitur.kernel.geo import Position
from necmergitur.territory.airspace import route_clear
from necmergitur.territory.geozones import (
    Circle,
    DailyWindow,
    GeozoneProblem,
    GeozoneSet,
    Limit,
    Period,
    applies,
    usable,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
RING = [[2.3, 48.85], [2.31, 48.85], [2.31, 48.86], [2.3, 48.85]]
BOW = [[2.30, 48.85], [2.31, 48.86], [2.31, 48.85], [2.30, 48.86], [2.30, 48.85]]


def ed269(**changes: Any) -> dict[str, Any]:
    zone: dict[str, Any] = {
        "identifier": "ONE",
        "name": "Zone one",
        "restriction": "REQ_AUTHORISATION",
        "reason": ["SENSITIVE"],
        "message": "Ask first",
        "applicability": [{"permanent": "YES", "startDateTime": None, "endDateTime": None, "schedule": []}],
        "geometry": [volume()],
    }
    return zone | changes


def volume(**changes: Any) -> dict[str, Any]:
    part: dict[str, Any] = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AMSL",
        "horizontalProjection": {"type": "Circle", "center": [2.3, 48.85], "radius": 500},
    }
    return part | changes


def ed318(geometry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "identifier": "TWO",
        "name": [{"text": "Zone deux", "lang": "fr-FR"}, {"text": "Zone two", "lang": "en-GB"}],
        "type": "REQ_AUTHORIZATION",
    }
    return {"type": "Feature", "geometry": geometry, "properties": facts | changes}


def layered(kind: str, coordinates: Any, **extra: Any) -> dict[str, Any]:
    layer = {"lower": 100, "lowerReference": "AGL", "upper": 400, "upperReference": "WGS84", "uom": "ft"}
    return {"type": kind, "coordinates": coordinates, "layer": layer} | extra


def parsed(*zones: Any, key: str = "features", **top: Any) -> GeozoneSet:
    return parse_geozones("file.json", json.dumps({key: list(zones)} | top).encode())


# --- the two standards --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["features", "UASZoneList"])
def test_ed269_is_read_under_both_its_names(key: str) -> None:
    found = parsed(ed269(), key=key)
    (zone,) = found.zones
    assert (zone.id, zone.name, zone.restriction, zone.message, zone.periods, zone.sound) == (
        "ONE",
        "Zone one",
        "REQ_AUTHORISATION",
        "Ask first",
        (),
        True,
    )
    (part,) = zone.volumes
    assert part.circle == Circle(Position(2.3, 48.85), 500.0)
    assert (part.lower, part.upper) == (Limit(0.0, "AGL"), Limit(120.0, "AMSL"))
    assert found.problems == ()
    assert usable(found, NOW) is None


def test_ed269_dialects_are_understood() -> None:
    # Limits as text or null, feet, `dailyPeriod` with an empty day list: all seen in published samples.
    part = volume(lowerLimit="100", upperLimit=None, uomDimensions="FT")
    part["horizontalProjection"] = {"type": "Polygon", "coordinates": [RING]}
    when = [{"permanent": "YES", "dailyPeriod": [{"day": [], "startTime": None, "endTime": None}]}]
    found = parsed(ed269(geometry=[part], applicability=when))
    (zone,) = found.zones
    assert found.problems == ()
    assert zone.volumes[0].lower == Limit(pytest.approx(30.48), "AGL")
    assert zone.volumes[0].upper is None
    assert zone.volumes[0].polygons[0].shell[0] == Position(2.3, 48.85)
    assert zone.periods == ()


def test_ed318_polygons_circles_and_collections_are_read() -> None:
    circle = layered("Point", [2.3, 48.85], extent={"subType": "Circle", "radius": 250})
    both = {"type": "GeometryCollection", "geometries": [layered("Polygon", [RING]), circle]}
    found = parsed(
        ed318(layered("MultiPolygon", [[RING], [RING]])),
        ed318(both, type="USPACE"),
        type="FeatureCollection",
        metadata={"validFrom": "2026-01-01T00:00:00+01:00", "validTo": "2027-01-01T00:00:00Z"},
    )
    first, second = found.zones
    assert (first.name, first.restriction) == ("Zone two", "REQ_AUTHORISATION")
    assert len(first.volumes[0].polygons) == 2
    assert (first.volumes[0].lower, first.volumes[0].upper) == (
        Limit(pytest.approx(30.48), "AGL"),
        Limit(pytest.approx(121.92), "WGS84"),
    )
    assert second.restriction == "REQ_AUTHORISATION"
    assert second.volumes[1].circle == Circle(Position(2.3, 48.85), 250.0)
    assert found.valid_from == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert found.valid_to == datetime(2027, 1, 1, tzinfo=UTC)
    assert found.problems == ()


def test_schedules_and_periods_are_read_in_both_standards() -> None:
    daily = [{"day": ["MON", "TUE"], "startTime": "08:00:00Z", "endTime": "18:00Z"}]
    when = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-31T23:59:59Z", "schedule": daily}
    expected = Period(
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
        (DailyWindow(("MON", "TUE"), time(8, tzinfo=UTC), time(18, tzinfo=UTC)),),
    )
    old, new = parsed(
        ed269(applicability=[{"permanent": "NO"} | when]),
        ed318(layered("Polygon", [RING]), limitedApplicability=[when]),
    ).zones
    assert old.periods == new.periods == (expected,)


@pytest.mark.parametrize("clock", ["00:00:00.00Z", "00:00:00.000Z", "00:00Z", "00:00:00+01:00"])
def test_clock_dialects_are_understood(clock: str) -> None:
    daily = [{"day": ["ANY"], "startTime": clock, "endTime": "12:00:00Z"}]
    assert parsed(ed269(applicability=[{"permanent": "NO", "schedule": daily}])).problems == ()


def test_daylight_events_take_the_whole_day_and_the_days_beside_it() -> None:
    daily = [{"day": ["SAT"], "startEvent": "SR", "endEvent": "SS"}]
    (zone,) = parsed(ed318(layered("Polygon", [RING]), limitedApplicability=[{"schedule": daily}])).zones
    assert zone.periods == (Period(windows=(DailyWindow(("FRI", "SAT", "SUN")),)),)


def test_a_night_from_sunset_to_sunrise_has_no_hole_in_the_morning() -> None:
    nightly = [{"day": ["MON"], "startEvent": "SS", "endEvent": "SR"}]
    (zone,) = parsed(ed318(layered("Polygon", [RING]), limitedApplicability=[{"schedule": nightly}])).zones
    tuesday = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
    assert tuesday.weekday() == 1
    assert applies(zone, tuesday)


@pytest.mark.parametrize(
    ("text", "until"),
    [("2026-07-01T00:00:00", datetime(2026, 6, 30, 10, tzinfo=UTC)), ("next summer", None)],
)
def test_an_end_of_the_set_that_is_unclear_is_told_and_never_later_than_it_may_be(text, until) -> None:
    found = parsed(ed318(layered("Polygon", [RING])), type="FeatureCollection", metadata={"validTo": text})
    assert found.valid_to == until
    (problem,) = found.problems
    assert (problem.zone_id, problem.placed) == ("metadata", True)
    assert problem.reason.startswith("validTo not understood")


# --- mistakes: wider, longer, stricter, and named -----------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"restriction": "MAYBE"}, "unknown restriction 'MAYBE', taken as prohibited"),
        ({"identifier": ""}, "no identifier"),
        (
            {"applicability": [{"permanent": "NO", "startDateTime": "soon"}]},
            "applicability not understood, taken as permanent: Invalid isoformat string: 'soon'",
        ),
        (
            {"applicability": [{"permanent": "NO", "startDateTime": "2026-01-01T00:00:00"}]},
            "applicability not understood, taken as permanent: no UTC offset: 2026-01-01T00:00:00",
        ),
        (
            {"applicability": [{"schedule": [{"day": ["LUN"]}]}]},
            "schedule not understood, taken as all day: unknown day in ('LUN',)",
        ),
        ({"geometry": [volume(upperLimit="high")]}, "upperLimit 'high M AMSL' not understood, taken as no limit"),
        (
            {"geometry": [volume(lowerVerticalReference="QNH")]},
            "lowerLimit '0 M QNH' not understood, taken as no limit",
        ),
    ],
)
def test_a_doubtful_part_is_named_and_taken_at_its_strictest(changes: dict[str, Any], reason: str) -> None:
    found = parsed(ed269(**changes))
    (zone,) = found.zones
    assert [(p.index, p.reason, p.placed) for p in found.problems] == [(0, reason, True)]
    assert not zone.sound
    inside, away = Position(2.3, 48.85), Position(2.301, 48.851)
    alone = GeozoneSet(found.source, (*parsed(ed269(identifier="FAR", geometry=[far_volume()])).zones, zone))
    refusal = route_clear(alone, inside, away, 60.0, NOW)
    assert refusal is not None
    assert refusal.facts["zone"] == zone.id


def far_volume() -> dict[str, Any]:
    return volume(horizontalProjection={"type": "Circle", "center": [3.0, 45.0], "radius": 50})


@pytest.mark.parametrize(
    ("flat", "reason"),
    [
        ({"type": "Polygon", "coordinates": [RING[:3]]}, "polygon not closed (3 positions)"),
        ({"type": "Polygon", "coordinates": [[*RING, [2.0, 48.0]]]}, "polygon not closed (5 positions)"),
        ({"type": "Circle", "center": [2.305, 48.855], "radius": -5}, "a circle of radius -5"),
        ({"type": "Circle", "center": [2.305, 48.855], "radius": "NaN"}, "a circle of radius NaN"),
        ({"type": "Blob", "coordinates": [RING]}, "a Blob: a Circle, Polygon or MultiPolygon is needed"),
        ({"type": "Polygon", "coordinates": [[*RING[:3], ["x", 1], RING[0]]]}, "not a position: ['x', 1]"),
    ],
)
def test_a_broken_shape_becomes_a_circle_over_all_it_names(flat: dict[str, Any], reason: str) -> None:
    found = parsed(ed269(geometry=[volume(horizontalProjection=flat)]))
    assert found.problems == (GeozoneProblem(0, "ONE", reason, placed=True),)
    (part,) = found.zones[0].volumes
    assert part.circle is not None
    assert part.circle.radius_m >= 100.0
    assert (part.lower, part.upper) == (None, None)
    sound = parsed(ed269(identifier="FAR", geometry=[far_volume()])).zones
    refusal = route_clear(
        GeozoneSet("f", found.zones + sound), Position(2.305, 48.855), Position(2.306, 48.856), 60.0, NOW
    )
    assert refusal is not None


def test_a_polygon_that_crosses_itself_is_broken() -> None:
    found = parsed(ed318(layered("Polygon", [BOW])))
    assert found.problems[0].reason.startswith("polygon crosses itself")
    assert found.zones[0].volumes[0].circle is not None


@pytest.mark.parametrize("entry", [3, None, {"identifier": "LOST"}, ed269(geometry=[]), ed269(geometry="here")])
def test_a_zone_with_no_place_at_all_grounds_the_fleet(entry: Any) -> None:
    found = parsed(ed269(identifier="FINE"), entry)
    assert [zone.id for zone in found.zones] == ["FINE"]
    assert {p.index for p in found.problems if not p.placed} == {1}
    refusal = usable(found, NOW)
    assert refusal is not None
    assert refusal.rule == "geozone_unplaced"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"{", "not readable as JSON"),
        (b'{"a": 1}', "no list of zones"),
        (b'{"features": {}}', "no list of zones"),
        (b'"text"', "no list of zones"),
        (b"[" * 100 + b"]" * 100, "nested 100 deep"),
        (b'{"features": [' + b'{"a":' * 5_000_000, "nested"),
        (b"\xff\xfe", "not readable as JSON"),
    ],
)
def test_what_is_no_zone_file_is_refused_by_name(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "zones.json"
    path.write_bytes(content)
    with pytest.raises(CityDataError, match=reason) as caught:
        read_geozones(path)
    assert caught.value.file == str(path)


def test_deep_brackets_inside_text_are_no_depth() -> None:
    assert parsed(ed269(message="[" * 1_000 + '"\\' + "{" * 1_000)).problems == ()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-200, 200) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*ed269(), *volume(), "coordinates", "center", "radius", "type", "day", "layer"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(entry=JUNK, key=st.sampled_from([*ed269(), "horizontalProjection", "properties"]))
def test_no_junk_in_a_zone_crashes_the_reader_or_goes_unsaid(entry: Any, key: str) -> None:
    zone = ed269(geometry=[volume(horizontalProjection=entry)]) if key == "horizontalProjection" else ed269()
    if key != "horizontalProjection":
        zone[key] = entry
    # msgspec writes NaN and infinities as null, as a publisher would.
    found = parse_geozones("junk", msgspec.json.encode({"features": [zone, entry]}))
    named = {problem.index for problem in found.problems}
    assert len(named) + sum(zone.sound for zone in found.zones) == 2
    usable(found, NOW)


# --- the corpus ---------------------------------------------------------------------------------------


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("empty.json", "geozones_empty"),
        ("stale.json", "geozones_stale"),
        ("broken.json", "geozones_unreadable"),
        ("lf-p23-like.json", None),
    ],
)
def test_the_corpus_files_ground_the_fleet_or_not(corpus: Path, name: str, rule: str | None) -> None:
    refusal = usable(read_geozones(corpus / "geozones" / name), NOW)
    assert (None if refusal is None else refusal.rule) == rule


@pytest.mark.corpus
def test_over_the_corpus_city_each_zone_asks_what_it_says(corpus: Path) -> None:
    zones = read_geozones(corpus / "geozones" / "lf-p23-like.json")
    louvre, bastille = Position(2.336, 48.861), Position(2.369, 48.853)
    heliport, hospital = Position(2.275, 48.8336), Position(2.365, 48.839)
    city = frozenset({"P23LIKE"})

    def rule(to: Position, authorised: frozenset[str]) -> str:
        refusal = route_clear(zones, louvre, to, 60.0, NOW, authorised)
        return "clear" if refusal is None else refusal.rule

    assert rule(bastille, frozenset()) == "geozone_needs_authorisation"
    assert rule(bastille, city) == "clear"
    assert rule(hospital, city) == "geozone_conditional"
    assert rule(hospital, city | {"HOSPITAL-PAD"}) == "clear"
    assert rule(heliport, city | {"HELIPORT"}) == "geozone_prohibited"
