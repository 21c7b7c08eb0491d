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
