"""Who may follow what: each path of the live process, role by role."""

from collections.abc import Callable

import pytest

from tests.live.serving import Live
from tests.web.pages import ROLES, City

PATHS = ("/live/state", "/live/events", "/live/picture/00000000-0000-7000-8000-000000000009")
ROOM = ("operator", "lead", "duty_officer", "pilot")
BAR = ("technician", "administrator")
OF_THE_BAR = {"alarms", "beat", "counts", "deaf", "fleet", "pilots"}


@pytest.mark.parametrize("path", PATHS)
def test_nobody_signed_in_is_refused(live: Live, path: str) -> None:
    assert live.ask(path)[0] == 401
    assert live.ask(path, "a cookie that nobody issued")[0] == 401


@pytest.mark.parametrize("path", ["/live/state", "/live/events"])
def test_a_responder_follows_no_board(live: Live, session: Callable[[str], str], path: str) -> None:
    status, said = live.ask(path, session("responder"))
    assert (status, said["rule"]) == (403, "role_missing")


@pytest.mark.parametrize("role", BAR)
def test_who_keeps_devices_and_accounts_opens_no_picture(live: Live, session: Callable[[str], str], role: str) -> None:
    assert live.ask(PATHS[2], session(role))[0] == 403


@pytest.mark.parametrize("role", ROOM)
def test_the_room_follows_every_incident_and_never_whose_button_rang(
    city: City, live: Live, session: Callable[[str], str], role: str
) -> None:
    city.person_press()
    enter = session(role)
    state = live.ask("/live/state", enter)[1]
    with live.follow(enter, after=0) as browser:
        rows = [*state["incidents"], *(one.data for one in browser.until("incident"))]
    assert len(rows) >= 2
    for row in rows:
        assert "personal_device" not in row
        assert "p-1" not in row.values()


@pytest.mark.parametrize("role", BAR)
def test_technicians_and_administrators_are_shown_the_bar_and_no_incident(
    city: City, live: Live, session: Callable[[str], str], role: str
) -> None:
    city.mission(city.person_press())
    enter = session(role)
    state = live.ask("/live/state", enter)[1]
    assert (state["incidents"], state["missions"], state["proposals"]) == ([], [], [])
    assert state["counts"] == {"open": 1}
    with live.follow(enter, after=0) as browser:
        browser.until("beat")
        city.press("b-2")
        while browser.until("counts")[-1].data != {"open": 2}:
            pass
        browser.until("beat", count=3)
    assert {one.name for one in browser.events} <= OF_THE_BAR


def test_a_role_taken_away_ends_the_stream_that_it_opened(
    city: City, live: Live, session: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from necmergitur.live import app

    monkeypatch.setattr(app, "SESSION_CHECK_S", 0.2)
    with live.follow(session("operator")) as browser:
        browser.until("beat")
        city.sql("UPDATE live_session SET roles = '{technician}'")
        assert browser.ended.wait(5)


def test_the_web_process_and_the_live_process_agree_on_who_is_shown_an_incident() -> None:
    from necmergitur.live.sessions import INCIDENT_ROLES, SCREEN_ROLES
    from necmergitur.web.console import rights

    assert {role.value for role in rights.may_see.roles} == INCIDENT_ROLES
    assert {role.value for role in rights.may_hear.roles} == SCREEN_ROLES
    assert set(ROLES) - SCREEN_ROLES == {"responder"}
