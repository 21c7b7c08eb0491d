"""The desk of open doors: shelters counted, areas closed, cases opened with a reason that both people see."""

import re
from datetime import UTC, datetime, timedelta

from necmergitur.dispatch.incidents import Person
from necmergitur.operations import incidents
from necmergitur.operations.population import pairing
from necmergitur.operations.population.ground import Grounds
from necmergitur.people.crises import Crisis
from necmergitur.people.shelter import Side
from necmergitur.web.doors import views
from necmergitur.web.store import store
from tests.web.doors.test_doors import ASK, OFFER, act, code_of, show, walk
from tests.web.pages import City

DESK = "/console/doors/"
HALL = {
    "name": "Gymnase des Essais",
    "kind": "hall",
    "address": "1 rue des Essais",
    "quarter": "Centre",
    "places": "120",
    "wheelchair": "on",
}


def confirmed(city: City, kind: str, side: Side, answers: list) -> str:
    address = walk(kind, answers)
    act(address, "confirm", code=code_of(side, address))
    return address


def test_official_shelters_come_first_with_the_places_left(city: City, crisis: Crisis) -> None:
    operator = city.client("operator")
    assert operator.post(f"{DESK}{crisis.id}/shelter/", HALL).status_code == 302
    page = operator.get(DESK).content.decode()
    hall = re.search(r'name="shelter" value="([^"]+)"', page)[1]
    assert operator.post(f"{DESK}{crisis.id}/count/", {"shelter": hall, "taken": "45"}).status_code == 302
    public = show("/doors/")
    assert "Gymnase des Essais" in public and "75 places left" in public
    assert public.index("Gymnase") < public.index("I need shelter")
    assert operator.post(f"{DESK}{crisis.id}/count/", {"shelter": hall, "taken": "121"}).status_code == 422
    operator.post(f"{DESK}{crisis.id}/count/", {"shelter": hall, "taken": "120"})
    assert "full" in show("/doors/")


def test_a_shelter_in_a_closed_area_is_not_shown(city: City, crisis: Crisis) -> None:
    lead = city.client("lead")
    lead.post(f"{DESK}{crisis.id}/shelter/", HALL)
    closed = {"kind": "danger", "radius_m": "2000", "quarter": "Centre"}
    assert city.client("operator").post(f"{DESK}{crisis.id}/close/", closed).status_code == 403
    assert lead.post(f"{DESK}{crisis.id}/close/", closed).status_code == 302
    public = show("/doors/")
    assert "Gymnase" not in public
    assert "Danger: do not go there." in public
    host = confirmed(city, "offer", Side.HOST, OFFER)
    assert "This area is closed now" in show(host)
    area = re.search(r'name="area" value="([^"]+)"', lead.get(DESK).content.decode())[1]
    assert lead.post(f"{DESK}{crisis.id}/open/", {"area": area}).status_code == 302
    assert "Gymnase" in show("/doors/")


def test_an_order_to_stay_indoors_freezes_doors_until_its_notice_ends(city: City, crisis: Crisis) -> None:
    host = confirmed(city, "offer", Side.HOST, OFFER)
    lead, officer = city.client("lead"), city.client("duty_officer")
    order = {"text_fr": "Restez chez vous.", "text_en": "Stay indoors.", "hours": "3", "indoors_m": "2000"}
    assert lead.post("/console/notices/", order).status_code == 422, "where?"
    assert lead.post("/console/notices/", order | {"quarter": "Centre"}).status_code == 302
    assert "This area is closed now" not in show(host), "one person alone orders nothing"
    ((pk,),) = city.sql("SELECT id FROM city_notice")
    assert officer.post(f"/console/notices/{pk}/approve/").status_code == 302
    assert "This area is closed now" in show(host)
    confirmed(city, "ask", Side.GUEST, ASK)
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 0
    page = lead.get(DESK).content.decode()
    assert "lifted with its notice" in page and 'name="area"' not in page
    assert lead.post(f"/console/notices/{pk}/end/").status_code == 302
    assert "This area is closed now" not in show(host)
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 1
    told = city.sql("SELECT payload->>'action' FROM ledger_event WHERE kind = 'Audited' ORDER BY seq")
    steps = [row[0] for row in told if row[0].startswith("web:notice:")]
    assert steps == ["web:notice:written", "web:notice:approved", "web:notice:ended"]


def test_a_danger_area_is_lifted_with_the_call_it_is_about(city: City, crisis: Crisis) -> None:
    host = confirmed(city, "offer", Side.HOST, OFFER)
    closed = {"kind": "danger", "radius_m": "2000", "quarter": "Centre", "with_call": "on"}
    assert city.client("lead").post(f"{DESK}{crisis.id}/close/", closed).status_code == 302
    assert "This area is closed now" in show(host)
    assert "until the call of this crisis is closed" in city.client("lead").get(DESK).content.decode()
    assert crisis.incident_id is not None
    lead = Person(city.users["lead"].pk, "Lead")
    incidents.close(store(), crisis.incident_id, "helped", lead, datetime.now(UTC))
    assert "This area is closed now" not in show(host)


def test_a_case_shows_nobody_before_a_reason_and_both_see_that_somebody_looked(city: City, crisis: Crisis) -> None:
    host, guest = confirmed(city, "offer", Side.HOST, OFFER), confirmed(city, "ask", Side.GUEST, ASK)
    pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC))
    match = re.search(r'name="match" value="([0-9a-f]{32})"', show(host))[1]
    act(host, "yes", match=match)
    act(guest, "yes", match=match)
    late = datetime.now(UTC) + timedelta(minutes=31)
    assert pairing.sweep(store(), views.TOOLS, crisis, late)["alerted"] == 1
    pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC))
    assert city.sql("SELECT name FROM system_alarm WHERE cleared_at IS NULL AND name = 'doors_case'")
    lead = city.client("lead")
    page = lead.get(DESK).content.decode()
    assert "Did not arrive" in page
    address = f"{DESK}{crisis.id}/case/{match}/"
    names = ("Gaël", "Hélène", "612000001", "45B12")
    assert not [word for word in names if word in page + lead.get(address).content.decode()]
    assert lead.post(address, {"reason": " "}).status_code == 422
    opened = lead.post(address, {"reason": "neither answers"})
    assert all(word in opened.content.decode() for word in names)
    assert "no-store" in opened["Cache-Control"]
    assert city.client("operator").post(address, {"reason": "x"}).status_code == 403
    for side in (host, guest):
        assert "Somebody at the desk looked at what you said" in show(side)
    assert lead.post(f"{address}end/", {"outcome": "cleared"}).status_code == 302
    assert "Did not arrive" not in lead.get(DESK).content.decode()
    pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC))
    assert not city.sql("SELECT name FROM system_alarm WHERE cleared_at IS NULL AND name = 'doors_case'")
    assert "neither answers" not in "".join(str(row[0]) for row in city.sql("SELECT payload FROM ledger_event"))


def test_a_guest_whom_a_person_looks_after_is_opened_one_at_a_time(city: City, crisis: Crisis) -> None:
    minors = [*ASK[:2], {"needs": ["minors"]}, *ASK[3:]]
    guest = confirmed(city, "ask", Side.GUEST, minors)
    assert "A person at the desk looks for shelter with you" in show(guest)
    operator = city.client("operator")
    page = operator.get(DESK).content.decode()
    assert "Minors alone" in page and "Gaël" not in page
    reference = re.search(r"/guest/([0-9a-f]{8})/", page)[1]
    opened = operator.post(f"{DESK}{crisis.id}/guest/{reference}/", {"reason": "find a bed"}).content.decode()
    assert "Gaël" in opened and "+33612000001" in opened


def test_a_host_is_verified_by_the_reference_on_their_page(city: City, crisis: Crisis) -> None:
    host, guest = confirmed(city, "offer", Side.HOST, OFFER), confirmed(city, "ask", Side.GUEST, ASK)
    reference = re.search(r'class="mono">([0-9a-f]{8})<', show(host))[1]
    lead, operator = city.client("lead"), city.client("operator")
    assert operator.post(f"{DESK}{crisis.id}/level/", {"level": "2"}).status_code == 403
    assert lead.post(f"{DESK}{crisis.id}/level/", {"level": "2"}).status_code == 302
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 0
    assert operator.post(f"{DESK}{crisis.id}/verify/", {"reference": "0" * 8, "level": "2"}).status_code == 422
    assert operator.post(f"{DESK}{crisis.id}/verify/", {"reference": reference, "level": "2"}).status_code == 302
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 1
    act(host, "yes", match=re.search(r'name="match" value="([0-9a-f]{32})"', show(host))[1])
    assert "verified by the city" in show(guest)


def test_other_roles_do_not_enter(city: City, crisis: Crisis) -> None:
    for role in ("pilot", "technician", "responder", "administrator"):
        assert city.client(role).get(DESK).status_code == 403


def test_what_is_wrong_with_a_shelter_is_said_beside_its_field_and_no_two_fields_share_a_name(
    city: City, crisis: Crisis
) -> None:
    answer = city.client("operator").post(f"{DESK}{crisis.id}/shelter/", HALL | {"places": "0", "quarter": ""})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "<details open>" in page
    assert 'value="Gymnase des Essais"' in page
    names = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(set(names)) == sorted(names)


def test_a_host_whom_no_text_message_reaches_is_opened_by_the_desk(city: City, crisis: Crisis) -> None:
    host = walk("offer", OFFER)
    reference = re.search(r'class="mono">([0-9a-f]{8})<', show(host))[1]
    operator = city.client("operator")
    assert operator.post(f"{DESK}{crisis.id}/verify/", {"reference": reference, "level": "2"}).status_code == 302
    assert "Your door is open" in show(host)
    confirmed(city, "ask", Side.GUEST, ASK)
    assert pairing.run(store(), views.TOOLS, Grounds(), datetime.now(UTC)) == 1
