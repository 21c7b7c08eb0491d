"""The picture by WebRTC: the offer passes only while the picture may be shown, and the session ends with the right."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from necmergitur.live import picture, whep
from necmergitur.operations import authorising
from necmergitur.web.store import store
from tests.live.serving import Live
from tests.live.whep import ANSWER, FakeWhep
from tests.web.pages import City

OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


@pytest.fixture
def camera() -> Iterator[FakeWhep]:
    one = FakeWhep()
    yield one
    one.stop()


@pytest.fixture
def mission(city: City, camera: FakeWhep, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A mission on scene whose drone's camera speaks WHEP."""
    monkeypatch.setattr(picture, "CHECK_S", 0.2)
    city.sql("UPDATE drone SET camera_url = %s, camera_kind = 'whep'", camera.url)
    return city.mission(city.person_press(), state="flying", phase="on_scene")


def opened(live: Live, mission: UUID, session: str, body: bytes = OFFER, **headers: str) -> tuple[int, Any, str]:
    """Post an offer; return the status, the answer and the session's address."""
    asked = headers or {"Content-Type": "application/sdp"}
    with live.open(f"/live/whep/{mission}", session, method="POST", body=body, **asked) as answer:
        return answer.status, answer.read(), answer.headers.get("location", "")


def test_an_offer_is_passed_to_the_camera_and_its_answer_back(
    live: Live, mission: UUID, camera: FakeWhep, session: Callable[[str], str]
) -> None:
    operator = session("operator")
    assert live.ask(f"/live/picture/{mission}/may", operator) == (200, {"kind": "whep"})
    assert live.ask(f"/live/picture/{mission}", operator)[1]["rule"] == "camera_kind"
    status, answer, address = opened(live, mission, operator)
    assert (status, answer) == (201, ANSWER)
    assert camera.offers == [("/whep/endpoint?cam=1 application/sdp", OFFER)]
    assert "127.0.0.1" not in address, "the camera's own address stays ours"
    assert camera.ended == []
    assert live.ask(address, method="DELETE")[0] == 204
    assert camera.over.wait(5)
    assert camera.ended == ["/whep/session/1?token=a"]
    assert live.ask(address, method="DELETE")[0] == 404


def test_who_may_not_look_opens_no_session(
    live: Live, city: City, mission: UUID, camera: FakeWhep, session: Callable[[str], str]
) -> None:
    assert opened(live, mission, "")[0] == 401
    for role in ("technician", "administrator", "responder"):
        assert opened(live, mission, session(role))[0] == 403
    city.sql("UPDATE mission SET phase = 'return', version = version + 1")
    assert opened(live, mission, session("operator"))[0] == 409
    assert camera.offers == []


def law_revoked(city: City) -> None:
    law = city.sql("SELECT authorisation_id FROM mission")[0][0]
    assert authorising.revoke(store(), law, "judge's order", city.person("lead"), city.now)


@pytest.mark.parametrize(
    "breach",
    [
        law_revoked,
        lambda city: city.sql("DELETE FROM live_session"),
        lambda city: city.sql("UPDATE live_session SET roles = '{technician}'"),
        lambda city: city.sql("UPDATE mission SET phase = 'return', version = version + 1"),
    ],
)
def test_a_session_ends_at_the_camera_with_the_right_to_it(
    live: Live,
    city: City,
    mission: UUID,
    camera: FakeWhep,
    session: Callable[[str], str],
    breach: Callable[[City], object],
) -> None:
    assert opened(live, mission, session("operator"))[0] == 201
    time.sleep(0.7)
    assert camera.ended == [], "several checks passed, and it goes on"
    breach(city)
    assert camera.over.wait(5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 404},
        {"status": 200},
        {"kind": "text/html"},
        {"location": ""},
        {"location": "http://192.0.2.9/elsewhere"},
        {"answer": b"x" * 70_000},
    ],
)
def test_an_answer_that_cannot_be_used_is_said(
    live: Live, mission: UUID, camera: FakeWhep, session: Callable[[str], str], wrong: dict[str, object]
) -> None:
    for name, value in wrong.items():
        setattr(camera, name, value)
    status, said, _ = opened(live, mission, session("operator"))
    assert status == 502
    assert b"camera_silent" in said


def test_what_is_no_offer_never_reaches_the_camera(
    live: Live, mission: UUID, camera: FakeWhep, session: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = session("operator")
    assert opened(live, mission, operator, **{"Content-Type": "text/plain"})[0] == 415
    assert opened(live, mission, operator, b"x" * 70_000)[0] == 413
    assert live.ask("/live/whep/no-mission", operator, method="POST", body=OFFER)[0] == 404
    monkeypatch.setattr(whep, "SESSIONS_MAX", 0)
    assert opened(live, mission, operator)[0] == 503
    assert camera.offers == []
