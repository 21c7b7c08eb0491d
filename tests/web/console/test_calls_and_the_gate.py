"""The gate decides to whom places and words of calls are shown: without its lines, nobody is shown any."""

import pytest

from necmergitur.governance import accesses, gate
from necmergitur.governance.accesses import ANSWER_CALL, CALLS, GO, INFORM_PARTNER, ROOM, STREET
from necmergitur.live.sessions import Viewer, sees_calls
from necmergitur.web.store import CLOCK
from tests.web.pages import ROLES, City
from tests.web.shutting import shut_calls

PAGES = {"/console/": ANSWER_CALL, "/console/log/": ANSWER_CALL, "/field/": GO}


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> None:
    shut_calls(monkeypatch)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_calls_is_shown_to_the_readers_on_the_list(city: City, page: str) -> None:
    for role in sorted(accesses.readers_of(CALLS, PAGES[page])):
        assert city.client(role).get(page).status_code == 200, role


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("shut")
def test_without_its_line_a_page_of_calls_is_shown_to_nobody(city: City, page: str) -> None:
    for role in sorted(accesses.readers_of(CALLS, PAGES[page]) - {"lead", "duty_officer"}):
        assert city.client(role).get(page).status_code in (302, 403), role


def test_the_event_stream_asks_the_gate(request: pytest.FixtureRequest) -> None:
    now = CLOCK.now()
    viewers = {role: Viewer(1, role, frozenset({role}), "fr") for role in ROLES}
    seeing = {role for role, viewer in viewers.items() if sees_calls(viewer, now)}
    assert seeing == {"operator", "lead", "duty_officer", "pilot"}
    request.getfixturevalue("shut")
    assert not any(sees_calls(viewer, now) for viewer in viewers.values())


def test_each_purpose_has_its_own_readers_and_no_other_purpose_has_any() -> None:
    now = CLOCK.now()
    assert gate.sees_calls(GO, ["responder"], STREET, now)
    assert not gate.sees_calls(ANSWER_CALL, ["responder"], ROOM, now)
    assert gate.sees_calls(INFORM_PARTNER, ["partner"], "partner:1", now)
    assert not gate.sees_calls("curiosity", ["operator", "lead", "duty_officer"], ROOM, now)
