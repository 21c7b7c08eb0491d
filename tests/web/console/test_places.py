"""A call without a place is shown so, flies nobody to a guess, and an operator can say where it is."""

import re
from datetime import UTC, datetime

import pytest

from necmergitur.operations import intake
from necmergitur.operations.intake import Ground, Received
from necmergitur.signals.press import Press
from necmergitur.web.facts.models import Device, Incident, Zone
from necmergitur.web.store import store
from tests.web.pages import MIDDLE, City


def lost_call(city: City) -> Incident:
    """A personal button's call that came without a place."""
    now = datetime.now(UTC)
    press = Press(device="p-1", boot_id=7, seq=1, kind="sos", claimed_time=now)
    (answer,) = intake.take(store(), [Received(press, now)], Ground(MIDDLE), now)
    return Incident.objects.get(id=answer.incident_id)


def state(city: City, incident: Incident, where: str, role: str = "operator"):
    return city.client(role).post(f"/console/incidents/{incident.id}/place/", {"where": where})


def page(city: City, incident: Incident, language: str = "en") -> str:
    browser = city.client("operator")
    browser.cookies["nec_language"] = language
    return browser.get(f"/console/incidents/{incident.id}/").content.decode()


@pytest.mark.parametrize(
    ("language", "said", "place"),
    [
        ("en", "Nobody knows where this call is.", "Place unknown"),
        ("fr", "Nul ne sait d\u2019où vient cet appel.", "Lieu inconnu"),
    ],
)
def test_a_call_without_a_place_says_so_in_both_languages(city: City, language: str, said: str, place: str) -> None:
    incident = lost_call(city)
    assert (incident.placed, incident.drone, incident.drone_reason) == (False, "refused", "place_unknown")
    shown = page(city, incident, language)
    assert said in shown
    assert place in shown
    assert "geo:" not in shown
    assert f"{incident.lat:.5f}" not in shown


@pytest.mark.parametrize("where", ["{lat:.5f}, {lon:.5f}", "{lat_fr}; {lon_fr}", "b-1", "B-1", "{zone}", "{label}"])
def test_an_operator_says_where_it_is_and_the_search_begins(city: City, where: str) -> None:
    incident, post = lost_call(city), Device.objects.get(id="b-1")
    zone = Zone.objects.get(id=post.zone_id)
    typed = where.format(
        lat=post.lat,
        lon=post.lon,
        lat_fr=f"{post.lat:.5f}".replace(".", ","),
        lon_fr=f"{post.lon:.5f}".replace(".", ","),
        zone=zone.id,
        label=zone.label.upper(),
    )
    state(city, incident, typed)
    incident.refresh_from_db()
    assert (incident.placed, incident.drone, incident.zone_id) == (True, "searching", post.zone_id)
    shown = page(city, incident)
    assert "Place stated" in shown
    assert "geo:" in shown


@pytest.mark.parametrize("where", ["", "somewhere", "91.0, 2.0", "48.85", "b-none", "½, 2", "²²,²"])
def test_a_place_nobody_understands_changes_nothing_and_is_said(city: City, where: str) -> None:
    incident = lost_call(city)
    answer = city.client("operator").post(
        f"/console/incidents/{incident.id}/place/", {"where": where}, headers={"X-Fragment": "panel"}
    )
    assert answer.status_code == 409
    assert "This place was not understood." in answer.content.decode()
    incident.refresh_from_db()
    assert not incident.placed


def test_a_streets_call_offers_no_form_to_move_it(city: City) -> None:
    shown = page(city, Incident.objects.get(id=city.press()))
    assert not re.search(r'data-action="place"', shown)


def test_a_responder_is_not_led_to_a_guess(city: City) -> None:
    from necmergitur.operations import responding

    incident = lost_call(city)
    responding.tell(
        store(), incident.id, "Unit", city.users["responder"].pk, city.person("operator"), datetime.now(UTC)
    )
    shown = city.client("responder").get(f"/field/incidents/{incident.id}/").content.decode()
    assert "geo:" not in shown
    assert f"{incident.lon:.5f}" not in shown
