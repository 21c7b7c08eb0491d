from tests.web.pages import City


def test_all(city: City) -> None:
    i = city.press()
    j = city.press("b-2", "fire")
    p = city.person_press()
    city.on_shift()
    m = city.mission(i, state="flying", phase="on_scene")
    c = city.client("operator")
    for path in (
        "/console/",
        f"/console/?incident={i}",
        f"/console/incidents/{i}/",
        f"/console/incidents/{p}/panel/",
        f"/console/incidents/{i}/sheet/?for=15",
        "/console/shifts/",
        "/console/devices/",
        "/console/fleet/",
        "/console/airspace/",
        "/console/tests/",
        "/console/authorisations/",
        "/console/log/",
        "/console/log/?as=text",
        "/console/search/?q=Rue",
        f"/console/incidents/{p}/holder/",
        "/console/map/city.json",
        "/console/map/buttons.json",
    ):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code, r.content[:500])
    c = city.client("pilot")
    for path in ("/console/pilot/", f"/console/missions/{m}/panel/", "/console/pilot/observe/?shown="):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code)
    c = city.client("lead")
    for path in (
        "/console/supervisor/",
        "/console/supervisor/hours.csv",
        "/console/supervisor/response.csv",
        "/console/authorisations/new/",
        "/console/shifts/",
    ):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code)
    c = city.client("operator")
    for a, d in (
        ("see", {}),
        ("acknowledge", {}),
        ("act", {}),
        ("note", {"body": "hello"}),
        ("call_back", {"body": "x"}),
        ("hand_off", {"service": "15", "body": "ok"}),
        ("tell", {"unit": "VSAV 1"}),
        ("stand_down", {}),
        ("seek", {}),
        ("close", {"outcome": "helped"}),
        ("reopen", {}),
    ):
        r = c.post(f"/console/incidents/{i}/{a}/", d, headers={"X-Fragment": "panel"})
        assert r.status_code == 200, (a, r.status_code, r.content.decode()[:800])
    r = c.post(f"/console/incidents/{j}/merge/", {"into": str(i)}, headers={"X-Fragment": "panel"})
    assert r.status_code == 200, r.content.decode()[:800]
    r = c.post(f"/console/incidents/{p}/holder/", {"reason": "no answer"})
    assert "Ada Example" in r.content.decode()


def test_rest(city: City) -> None:
    i = city.press()
    from necmergitur.operations import responding
    from necmergitur.web.store import store
    from datetime import UTC, datetime

    responding.tell(store(), i, "R", city.users["responder"].pk, city.person("operator"), datetime.now(UTC))
    c = city.client("responder")
    for path in (
        "/field/",
        "/field/?fragment=list",
        f"/field/incidents/{i}/",
        f"/field/incidents/{i}.json",
        "/field/incidents.json",
        "/field/csrf.json",
        "/field/sw.js",
        "/press/sw.js",
        "/press/",
        "/press/manifest.webmanifest",
    ):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code, r.content[:300])
    c = city.client("administrator")
    for path in (
        "/console/partners/",
        "/console/partners/tokens/new/",
        "/console/partners/webhooks/new/",
        "/api/v1/openapi.json",
    ):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code, r.content[:300])
    c = city.client("technician")
    for path in ("/console/devices/", "/press/invite/"):
        r = c.get(path)
        assert r.status_code == 200, (path, r.status_code, r.content[:300])
    r = c.post("/press/invite/", {"device_id": "p-9", "holder": "Bob", "cancel_pin": "1234", "duress_pin": "8765"})
    assert r.status_code == 200, r.content.decode()[-1500:]
    import re

    link = re.search(r"/press/enrol/[^<]+", r.content.decode())[0]
    from django.test import Client

    phone = Client()
    assert phone.get(link).status_code == 200
    r = phone.post(link)
    assert r.status_code == 303, r.status_code
    assert phone.post(link).status_code == 410
    r = phone.post("/press/", {"kind": "sos", "boot_id": "5", "seq": "1"})
    assert "received" in r.content.decode(), r.content.decode()[-1500:]
    r = phone.post("/press/", {"kind": "cancel", "boot_id": "5", "seq": "2", "pin": "1234"})
    assert 'data-tone="quiet">Annul' in r.content.decode() or "Cancelled" in r.content.decode(), r.content.decode()[
        -2500:
    ]
