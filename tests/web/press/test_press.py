"""The page that rings: a lamp only after the commit, a PIN that tells nothing, one link for one telephone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from necmergitur.operations.ports import Unreachable
from necmergitur.web.facts.models import Device, Incident, Signal
from necmergitur.web.press import invitations, ringing
from necmergitur.web.press.models import PressInvitation
from tests.web.pages import CREDENTIAL, City

PINS = {"cancel_pin": "4711", "duress_pin": "9035"}


def phone(**options: object) -> Client:
    browser = Client(**options)
    browser.cookies["nec_language"] = "en"
    return browser


def carrying(city: City, device: str = "p-1") -> Client:
    """A telephone that carries a button, through its link."""
    token = invitations.create(device, PINS, city.person("technician"), datetime.now(UTC))
    browser = phone()
    assert browser.post(f"/press/enrol/{token}/").status_code == 303
    return browser


def ring(browser: Client, seq: int = 1, kind: str = "sos", boot: int = 7, **more: object):
    return browser.post("/press/", {"kind": kind, "boot_id": boot, "seq": seq, **more})


def said(answer) -> str:
    return re.search(r'id="press-status"[^>]*>([^<]*)<', answer.content.decode())[1].strip()


def test_a_press_by_form_reaches_the_queue_and_only_then_says_received(city: City) -> None:
    answer = ring(carrying(city))
    assert said(answer) == "Your call has been received."
    assert Signal.objects.get().device_id == "p-1"
    assert Incident.objects.get().state == "open"


def test_the_same_form_sent_twice_is_one_call(city: City) -> None:
    browser = carrying(city)
    ring(browser)
    assert said(ring(browser)) == "Your call has been received."
    assert Signal.objects.count() == 1


def test_a_typed_credential_rings_without_any_cookie(city: City) -> None:
    answer = ring(phone(enforce_csrf_checks=True), device="p-1", credential=CREDENTIAL)
    assert said(answer) == "Your call has been received."


@pytest.mark.parametrize(
    "who", [{}, {"device": "p-1", "credential": "wrong"}, {"device": "nobody", "credential": CREDENTIAL}, {"device": "x" * 99, "credential": "y"}]
)  # fmt: skip
def test_an_unknown_button_is_told_to_call_112(city: City, who: dict[str, str]) -> None:
    answer = ring(phone(), **who)
    assert answer.status_code == 401
    assert "call 112" in said(answer)
    assert not Signal.objects.exists()


@pytest.mark.parametrize("form", [{"kind": "explode"}, {"boot_id": "-1"}, {"seq": "nine"}, {"seq": "9" * 30}])
def test_a_broken_form_lights_nothing(city: City, form: dict[str, str]) -> None:
    browser = carrying(city)
    answer = browser.post("/press/", {"kind": "sos", "boot_id": "1", "seq": "1", **form})
    assert answer.status_code == 401
    assert not Signal.objects.exists()


def test_a_lost_database_leaves_the_lamp_dark(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = carrying(city)

    def lost(*_arguments: object) -> None:
        raise Unreachable("gone")

    monkeypatch.setattr(ringing.intake, "take", lost)
    answer = ring(browser)
    assert answer.status_code == 503
    assert said(answer) == "Your call did not get through. Press again. In danger, call 112."


def test_someone_has_seen_is_said_once_somebody_has(city: City) -> None:
    browser = carrying(city)
    page = ring(browser).content.decode()
    ask = re.search(r'href="(/press/\?seen=[^"]+)"', page)[1]
    assert "Nobody has looked" in said(browser.get(ask))
    incident = Incident.objects.get().id
    city.client("operator").post(f"/console/incidents/{incident}/see/")
    assert said(browser.get(ask)) == "Someone has seen your call."
    assert "Someone has seen" not in said(phone().get(ask))


def test_a_right_pin_and_a_duress_pin_read_the_same_and_do_the_opposite(city: City) -> None:
    one, other = carrying(city, "p-1"), carrying(city, "p-2")
    ring(one)
    ring(other)
    right = ring(one, 2, "cancel", pin=PINS["cancel_pin"])
    duress = ring(other, 2, "cancel", pin=PINS["duress_pin"])

    def shown(answer) -> str:
        return re.sub(r'name="(boot_id|seq)" value="\d+"', "", answer.content.decode())

    assert said(right) == "Cancelled."
    assert shown(right) == shown(duress)
    assert right.status_code == duress.status_code == 200
    states = {one.personal_device: (one.cancelled, one.duress) for one in Incident.objects.all()}
    assert states == {"p-1": (True, False), "p-2": (False, True)}


def test_a_call_that_was_seen_and_then_taken_back_reads_the_same_whichever_pin_it_was(city: City) -> None:
    asked: list[tuple[str, str]] = []
    for device, pin in (("p-1", "cancel_pin"), ("p-2", "duress_pin")):
        browser = carrying(city, device)
        ask = re.search(r'href="(/press/\?seen=[^"]+)"', ring(browser).content.decode())[1]
        incident = Incident.objects.get(personal_device=device).id
        city.client("operator").post(f"/console/incidents/{incident}/see/")
        assert said(browser.get(ask)) == "Someone has seen your call."
        ring(browser, 2, "cancel", pin=PINS[pin])
        asked.append((said(browser.get(ask)), ring(browser, 2, "cancel", pin=PINS[pin]).content.decode()))
    assert asked[0][0] == asked[1][0] == "Cancelled."
    assert re.sub(r'value="\d+"', "", asked[0][1]) == re.sub(r'value="\d+"', "", asked[1][1])
    again = ring(browser, 3)
    assert said(again) == "Your call has been received.", "a press made after it is a call like any other"


def test_a_wrong_pin_leaves_the_call_standing(city: City) -> None:
    browser = carrying(city)
    ring(browser)
    assert said(ring(browser, 2, "cancel", pin="0000")) == "This PIN was not accepted. Your call still stands."
    assert not Incident.objects.get().cancelled


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        (PINS["cancel_pin"], "Cancelled."),
        (PINS["duress_pin"], "Cancelled."),
        ("0000", "This PIN was not accepted. Your call still stands."),
    ],
)
def test_a_cancellation_sent_twice_reads_the_same_twice(city: City, pin: str, words: str) -> None:
    browser = carrying(city)
    ring(browser)
    assert [said(ring(browser, 2, "cancel", pin=pin)) for _ in range(2)] == [words, words]


def test_a_press_by_form_knows_no_place_and_sends_no_drone_to_a_guess(city: City) -> None:
    ring(carrying(city))
    incident = Incident.objects.get()
    assert (incident.placed, incident.drone, incident.drone_reason) == (False, "refused", "place_unknown")


def test_the_name_of_a_button_is_the_same_in_every_language(city: City) -> None:
    invite(city)
    assert Device.objects.get(id="p-77").label == "p-77"


def test_a_test_says_that_the_button_works(city: City) -> None:
    assert said(ring(carrying(city), kind="test")) == "The test was received. The button works."


def test_the_page_keeps_no_trace_in_caches_and_asks_for_nothing_elsewhere(city: City) -> None:
    answer = phone().get("/press/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert 'rel="manifest"' in answer.content.decode()
    manifest = phone().get("/press/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["display"]) == ("/press/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}


# --- invitations -------------------------------------------------------------------------------------------------


def invite(city: City, **changes: str):
    form = {"device_id": "p-77", "holder": "Grace Example", **PINS, **changes}
    return city.client("technician").post("/press/invite/", form)


def test_a_technician_hands_out_a_button_by_a_link_shown_once(city: City) -> None:
    page = invite(city).content.decode()
    link = re.search(r"/press/enrol/[\w-]+/", page)[0]
    assert Device.objects.get(id="p-77").kind == "personal"
    assert city.sql("SELECT count(*) FROM holders.holder WHERE device_id = 'p-77'") == [(1,)]
    assert b"Grace" not in bytes(city.sql("SELECT sealed FROM holders.holder WHERE device_id = 'p-77'")[0][0])
    browser = phone()
    assert "p-77" in browser.get(link).content.decode()
    taken = browser.post(link)
    assert taken.status_code == 303
    assert re.fullmatch(r"/press/#d=p-77&k=[\w-]{43}", taken.headers["Location"])
    cookie = taken.cookies["nec_button"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/press/")
    assert browser.post(link).status_code == 410
    assert phone().get(link).status_code == 410
    assert said(ring(browser)) == "Your call has been received."


def test_looking_at_a_link_uses_nothing_up_and_a_day_ends_it(city: City) -> None:
    token = invitations.create("p-1", PINS, city.person("technician"), datetime.now(UTC))
    assert phone().get(f"/press/enrol/{token}/").status_code == 200
    assert phone().get(f"/press/enrol/{token}/").status_code == 200
    PressInvitation.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert phone().get(f"/press/enrol/{token}/").status_code == 410
    assert phone().post(f"/press/enrol/{token}/").status_code == 410
    assert phone().get("/press/enrol/nonsense/").status_code == 410


def test_a_second_telephone_silences_the_first(city: City) -> None:
    first = carrying(city)
    second = carrying(city)
    assert ring(first).status_code == 401
    assert ring(second).status_code == 200


def test_a_new_link_voids_the_one_before(city: City) -> None:
    old = invitations.create("p-1", PINS, city.person("technician"), datetime.now(UTC))
    invitations.create("p-1", PINS, city.person("technician"), datetime.now(UTC))
    assert phone().post(f"/press/enrol/{old}/").status_code == 410


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"device_id": "b-1"}, "device_id"),
        ({"device_id": "no spaces"}, "device_id"),
        ({"cancel_pin": "12"}, "cancel_pin"),
        ({"cancel_pin": "abcd"}, "cancel_pin"),
        ({"duress_pin": PINS["cancel_pin"]}, "duress_pin"),
        ({"duress_pin": "4712"}, "duress_pin"),
        ({"duress_pin": ""}, "duress_pin"),
    ],
)
def test_a_wrong_button_or_pin_is_said_beside_its_field(city: City, change: dict[str, str], field: str) -> None:
    answer = invite(city, **change)
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode()
    assert not Device.objects.filter(id="p-77").exists()


def test_no_pin_and_no_secret_is_kept_readable(city: City) -> None:
    invite(city)
    stored = str(city.sql("SELECT d::text FROM device d WHERE id = 'p-77'")) + str(
        city.sql("SELECT i::text FROM press_invitation i")
    )
    for secret in PINS.values():
        assert secret not in stored


def test_without_scripts_the_page_says_that_it_cannot_say_where(city: City) -> None:
    for answer in (phone().get("/press/"), ring(carrying(city))):
        without_scripts = re.search(r"<noscript><p[^>]*>([^<]*)<", answer.content.decode())
        assert without_scripts is not None
        assert "cannot say where you are" in without_scripts[1]
