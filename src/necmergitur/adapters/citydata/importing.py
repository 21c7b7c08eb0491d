"""From files to a complete city, or an error that names the file and the place. Nothing half-imported."""

from pathlib import Path

from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.quarters_file import read_quarters
from necmergitur.adapters.citydata.streets_file import read_streets
from necmergitur.kernel.refusal import Refusal
from necmergitur.territory.build import build_city
from necmergitur.territory.model import City, CityPlan, CitySource, Standing


def read_city(
    quarters_path: Path,
    streets_path: Path,
    *,
    name: str,
    plan: CityPlan | None = None,
    name_key: str | None = None,
    standing: Standing | None = None,
) -> City:
    """Return the city made of a quarters file (GeoJSON) and a street file (text graph).

    What is `standing` is not moved. Raises CityDataError; pure apart from reading the two files. About 5 s for Paris.
    """
    quarters = read_quarters(quarters_path, name_key)
    streets = read_streets(streets_path)
    made = build_city(CitySource(name, quarters, streets.network), plan, standing)
    if not isinstance(made, Refusal):
        return made
    if "quarter" in made.facts:
        index = int(made.facts["quarter"])
        raise CityDataError(str(quarters_path), made.detail, feature=f"feature {index} {quarters[index].name!r}")
    if "street" in made.facts:
        line = streets.first_street_line + int(made.facts["street"])
        raise CityDataError(str(streets_path), made.detail, line=line)
    raise CityDataError(str(quarters_path), f"{made.detail} ({made.rule})")
