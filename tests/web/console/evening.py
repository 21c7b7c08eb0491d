"""A busy evening of the small city, for pages that must be seen full."""

from datetime import UTC, datetime

from playwright.sync_api import Page

from necmergitur.dispatch.observations import ObservationFacts
from necmergitur.operations import incidents, observing, responding
from necmergitur.web.console.models import ShiftHandover
from necmergitur.web.store import store
from tests.web.pages import City


def evening(city: City) -> dict[str, object]:
    """Make the city busy: a flight on scene, a fire without a drone, two personal calls, words of all kinds."""
    now, operator = datetime.now(UTC), city.person("operator")
    street, fire, person = city.press(), city.press("b-2", "fire"), city.person_press()
    city.press()
    city.person_press("p-2", 2.3533, 48.8571)
    city.on_shift()
    city.on_shift("pilot2")
    mission = city.mission(street, state="flying", phase="on_scene")
    incidents.climb(store(), street, "acting", operator, now)
    incidents.write_note(store(), street, "call_back", "Two people fell, one unconscious.", operator, now)
    incidents.write_note(store(), street, "hand_off", "15: ref 2231", operator, now)
    facts = ObservationFacts(people_down=2, smoke=True)
    observing.file_observation(store(), street, mission, facts, "North side.", city.person("pilot"), now)
    responding.tell(store(), street, "Responder Test", city.users["responder"].pk, operator, now)
    city.sql("UPDATE incident SET drone = 'refused', drone_reason = 'no_drone free=0 battery=12' WHERE id = %s", fire)
    city.sql(
        "INSERT INTO device_health (device_id, heartbeat_at, battery_pct, rssi_dbm, firmware, deaf) VALUES"
        " ('b-1', now(), 88, -71, '2.4.1', false), ('b-2', now() - interval '9 minutes', 14, -104, '2.3.9', true)"
    )
    city.sql(
        "INSERT INTO drone_state (drone_id, at, phase, lon, lat, altitude_m, heading_deg, ground_speed_m_s, battery_pct,"
        " link_pct, wind_m_s, linked) VALUES ('D-1', now(), 'on_scene', 2.352, 48.857, 58, 40, 1.2, 71, 96, 4, true)"
    )
    ShiftHandover.objects.create(author_id=1, author_name="A. Roy", note="The bridge is shut until six.")
    return {"street": street, "fire": fire, "person": person, "mission": mission}


def complaints(page: Page) -> list[str]:
    """Return what the browser complained about; the live process is not part of these tests."""
    return [line for line in page.complaints if "/live/" not in line]  # type: ignore[attr-defined]
