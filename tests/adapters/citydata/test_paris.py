"""The whole of a real capital, from published files nobody here wrote."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import shapely

from necmergitur.adapters.citydata.importing import read_city
from necmergitur.adapters.citydata.quarters_file import read_quarters
from necmergitur.adapters.citydata.streets_file import read_streets
from necmergitur.territory.model import City, CityPlan
from necmergitur.territory.reimport import inventory_of, reimport, standing_of
from necmergitur.territory.report import report
from necmergitur.territory.shapes import shape_of

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def files(corpus: Path) -> tuple[Path, Path]:
    folder = corpus / "paris"
    return folder / "quartier_paris.geojson", folder / "paris_54000.txt"


@pytest.fixture(scope="module")
def paris(files: tuple[Path, Path]) -> City:
    return read_city(*files, name="Paris")


def test_the_source_holds_what_its_publishers_say(files: tuple[Path, Path]) -> None:
    quarters, streets = read_quarters(files[0]), read_streets(files[1]).network
    assert len(quarters) == 80
    assert {"Bercy", "Saint-Germain-l'Auxerrois", "Père-Lachaise"} < {quarter.name for quarter in quarters}
    assert (len(streets.junctions), len(streets.streets)) == (11_348, 17_958)


def test_paris_is_cut_into_240_whole_zones_that_cover_it(paris: City) -> None:
    shapes = [shape_of(zone.polygons) for zone in paris.zones]
    assert len(shapes) == len(paris.docks) == 240
    assert [shape.geom_type for shape in shapes] == ["Polygon"] * 240
    union = shapely.union_all(shapes)
    assert sum(shape.area for shape in shapes) == pytest.approx(union.area, rel=1e-9)
    given = shapely.union_all([shape_of(quarter.polygons) for quarter in paris.quarters])
    assert union.symmetric_difference(given).area / given.area < 1e-6
    for dock, shape in zip(paris.docks, shapes, strict=True):
        assert shape.distance(shapely.Point(dock.position.lon, dock.position.lat)) < 3e-7
    assert sum(zone.area_m2 for zone in paris.zones) == pytest.approx(105.4e6, rel=0.005)


def test_paris_meets_the_published_bound_under_both_demands(paris: City) -> None:
    said = report(paris)
    # The best a p-median does on this outline: 42/52 s over the ground, 39/50 s along the streets.
    assert said["bound"]["area"]["mean_s"] <= 42.5
    assert said["bound"]["area"]["p95_s"] <= 53.0
    assert said["bound"]["street"]["mean_s"] <= 41.0
    assert said["bound"]["street"]["p95_s"] <= 50.5
    assert said["balance"]["max_over_mean"] <= 1.3


def test_paris_has_20_000_buttons_on_its_streets_named_by_quarter_and_zone(paris: City) -> None:
    assert len(paris.buttons) == 20_000
    names = {quarter.name for quarter in paris.quarters}
    numbers = {zone.id: zone.number for zone in paris.zones}
    for i, button in enumerate(paris.buttons, 1):
        place, _, rest = button.label.rpartition(", zone ")
        assert place in names
        assert rest == f"{numbers[button.zone_id]}, no {i}"
    held = np.bincount([numbers[button.zone_id] for button in paris.buttons], minlength=241)[1:]
    expected = np.array([zone.street_length_m for zone in paris.zones])
    assert np.abs(held - 20_000 * expected / expected.sum()).max() <= 12


def test_streets_at_the_edge_of_paris_are_counted_not_refused(paris: City) -> None:
    assert paris.notes == ("3480 m of street lie outside the territory; 29 streets left out",)


def test_paris_imported_again_moves_nothing(paris: City, files: tuple[Path, Path]) -> None:
    old = inventory_of(paris)
    again = reimport(old, read_city(*files, name="Paris", standing=standing_of(old)))
    assert len(again.docks.kept) == 240
    assert len(again.buttons.kept) == 20_000
    assert [again.zones.added, again.zones.retired] == [(), ()]
    assert {dock.id: dock.position for dock in again.city.docks} == {d.id: d.position for d in paris.docks}


def test_paris_survives_json_unchanged(paris: City) -> None:
    assert msgspec.json.decode(msgspec.json.encode(paris), type=City) == paris


@pytest.mark.parametrize("zones", [1, 20, 97])
def test_any_number_of_zones_works_on_the_same_files(files: tuple[Path, Path], zones: int) -> None:
    city = read_city(*files, name="Paris", plan=CityPlan(zones=zones, buttons=1_000))
    said = report(city)
    assert (said["zones"], said["buttons"], said["zones_in_pieces"]) == (zones, 1_000, 0)
    assert said["balance"]["max_over_mean"] <= 1.6
