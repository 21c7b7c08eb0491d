"""Reading airspace zones, tolerantly: ED-269 (`features` or `UASZoneList`) and ED-318 (GeoJSON).

A zone that is broken stays in the set, as large, as long and as strict as what is left of it allows, and is
named in the problems. Only a file that is no zone file at all is refused.
"""

from pathlib import Path
from typing import Any

from necmergitur.adapters.citydata.constants import MAX_GEOZONES_BYTES
from necmergitur.adapters.citydata.errors import CityDataError
from necmergitur.adapters.citydata.files import parse_json, read_bounded
from necmergitur.adapters.citydata.geozone_shapes import Doubt, around, ed269_volumes, ed318_volumes
from necmergitur.adapters.citydata.geozone_times import periods, validity
from necmergitur.territory.constants import MAX_GEOZONES
from necmergitur.territory.geozones import Geozone, GeozoneProblem, GeozoneSet, Restriction

# ED-269 and ED-318 spell authorisation differently; a U-space needs services asked for beforehand
# ((EU) 2021/664, Article 6), which is an authorisation to us.
_RESTRICTIONS: dict[str, Restriction] = {
    "PROHIBITED": "PROHIBITED",
    "REQ_AUTHORISATION": "REQ_AUTHORISATION",
    "REQ_AUTHORIZATION": "REQ_AUTHORISATION",
    "USPACE": "REQ_AUTHORISATION",
    "CONDITIONAL": "CONDITIONAL",
    "NO_RESTRICTION": "NO_RESTRICTION",
}


def read_geozones(path: Path) -> GeozoneSet:
    """Return the zones of a file; ask `usable` before any flight. Raises CityDataError on no zone file."""
    return parse_geozones(str(path), read_bounded(path, MAX_GEOZONES_BYTES))


def parse_geozones(source: str, content: bytes) -> GeozoneSet:
    """Return the zones of a document. Raises CityDataError on no zone document; `source` names it."""
    document = parse_json(source, content)
    entries = _entries(document)
    if entries is None:
        raise CityDataError(source, 'no list of zones ("features" or "UASZoneList") in it')
    if len(entries) > MAX_GEOZONES:
        raise CityDataError(source, f"{len(entries)} zones: at most {MAX_GEOZONES}")
    zones, problems = list[Geozone](), list[GeozoneProblem]()
    for index, entry in enumerate(entries):
        zone, doubts = _zone(index, entry)
        if zone is not None:
            zones.append(zone)
        ident = zone.id if zone is not None else _ident(index, entry)
        problems += [GeozoneProblem(index, ident, doubt, placed=zone is not None) for doubt in doubts]
    metadata = document.get("metadata") if isinstance(document, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    unclear = list[str]()
    valid_from = validity(metadata.get("validFrom"), "validFrom", unclear, start=True)
    valid_to = validity(metadata.get("validTo"), "validTo", unclear)
    problems += [GeozoneProblem(-1, "metadata", doubt, placed=True) for doubt in unclear]
    return GeozoneSet(
        source=source, zones=tuple(zones), problems=tuple(problems), valid_from=valid_from, valid_to=valid_to
    )


def _entries(document: Any) -> list[Any] | None:
    if isinstance(document, dict):
        document = next((document[key] for key in ("features", "UASZoneList") if key in document), None)
    return document if isinstance(document, list) else None


def _zone(index: int, entry: Any) -> tuple[Geozone | None, list[str]]:
    """Return one zone and what was wrong with it; no zone when nothing says where it is."""
    if not isinstance(entry, dict):
        return None, [f"not an object: {str(entry)[:60]}"]
    layered = entry.get("type") == "Feature" or isinstance(entry.get("properties"), dict)
    facts = entry.get("properties") if layered else entry
    facts = facts if isinstance(facts, dict) else {}
    doubts = list[str]()
    restriction = _restriction(facts.get("type") if layered else facts.get("restriction"), doubts)
    if not isinstance(facts.get("identifier"), str) or not facts["identifier"].strip():
        doubts.append("no identifier")
    try:
        volumes = (ed318_volumes if layered else ed269_volumes)(entry.get("geometry"), doubts)
    except Doubt as doubt:
        doubts.append(str(doubt))
        rough = around(entry.get("geometry"))
        if rough is None:
            return None, doubts
        volumes = (rough,)
    when = facts.get("limitedApplicability") if layered else facts.get("applicability")
    zone = Geozone(
        id=_ident(index, entry),
        name=_text(facts.get("name")) or _ident(index, entry),
        restriction=restriction,
        volumes=volumes,
        periods=periods(when, doubts),
        reasons=_reasons(facts.get("reason")),
        message=_text(facts.get("message")) or _text(facts.get("otherReasonInfo")),
        sound=not doubts,
    )
    return zone, doubts


def _ident(index: int, entry: Any) -> str:
    facts = entry if isinstance(entry, dict) else {}
    inner = facts.get("properties")
    found = (inner if isinstance(inner, dict) else facts).get("identifier")
    return found.strip() if isinstance(found, str) and found.strip() else f"#{index}"


def _restriction(value: Any, doubts: list[str]) -> Restriction:
    known = _RESTRICTIONS.get(value.strip().upper()) if isinstance(value, str) else None
    if known is None:
        doubts.append(f"unknown restriction {str(value)[:40]!r}, taken as prohibited")
        return "PROHIBITED"
    return known


def _reasons(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    """Return plain text: a string, or the first of ED-318's texts (English preferred)."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        texts = [t for t in value if isinstance(t, dict) and isinstance(t.get("text"), str)]
        texts.sort(key=lambda t: not str(t.get("lang", "")).lower().startswith("en"))
        return texts[0]["text"].strip() if texts else ""
    return ""
