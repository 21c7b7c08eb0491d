"""The live picture: on scene only, to those who may, under an authorisation in force, and no longer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from uuid import UUID

import pytest

from necmergitur.governance.authorisations import Authorisation, Conditions
from necmergitur.live import picture
from necmergitur.operations import authorising, responding
from necmergitur.operations import incidents as incident_operations
from necmergitur.web.store import store
from tests.live.camera import FRAME, STREAM, FakeCamera
from tests.live.serving import Live
from tests.web.pages import City

ROOM = ("operator", "lead", "duty_officer", "pilot")


@pytest.fixture
def make_camera() -> Iterator[Callable[..., FakeCamera]]:
    """`make_camera(answer)` starts a camera."""
    made: list[FakeCamera] = []

    def make(answer: bytes = STREAM) -> FakeCamera:
        made.append(FakeCamera(answer))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again sooner than in production."""
    monkeypatch.setattr(picture, "CHECK_S", 0.2)


class Sight:
    """A mission on scene whose drone has a camera."""

    def __init__(self, city: City, camera: FakeCamera, phase: str = "on_scene") -> None:
        self.city, self.camera = city, camera
        city.sql("UPDATE drone SET camera_url = %s WHERE id = 'D-1'", camera.url)
        self.incident = city.person_press()
        self.mission = city.mission(self.incident, state="flying", phase=phase)
        self.path = f"/live/picture/{self.mission}"

    def tell(self, state: str = "told") -> None:
        """Tell the responder of the call."""
        by, now = self.city.person("lead"), self.city.now
        told = responding.tell(store(), self.incident, "Engine 1", self.city.users["responder"].pk, by, now)
        assert told
        self.city.sql("UPDATE responder_task SET state = %s", state)

    def law(self) -> UUID:
        found: UUID = self.city.sql("SELECT authorisation_id FROM mission")[0][0]
        return found


@pytest.fixture
def sight(city: City, make_camera: Callable[..., FakeCamera]) -> Sight:
    return Sight(city, make_camera())


def watch(live: Live, sight: Sight, session: str, breach: Callable[[], Any], within_s: float = 5.0) -> None:
    """Watch the picture, break something under way, and hold that the stream ends."""
    with live.open(sight.path, session) as answer:
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("multipart/x-mixed-replace")
        seen = answer.read1(4096)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:  # several checks pass, and the picture goes on
            seen += answer.read1(4096)
        assert FRAME in seen
        ended = threading.Event()

        def drain() -> None:
            with suppress(OSError, HTTPException):
                while answer.read1(65536):
                    pass
            ended.set()

        threading.Thread(target=drain, daemon=True).start()
        breach()
        assert ended.wait(within_s), "the picture went on"
    assert sight.camera.closed_on.wait(5), "the camera's connection was left open"


@pytest.mark.parametrize("role", ROOM)
def test_the_room_watches_until_the_drone_leaves(
    live: Live, sight: Sight, session: Callable[[str], str], role: str
) -> None:
    leave = "UPDATE mission SET phase = 'return', version = version + 1"
    watch(live, sight, session(role), lambda: sight.city.sql(leave))


@pytest.mark.parametrize("phase", ["transit", "return", "hold"])
def test_away_from_the_scene_there_is_no_picture(
    city: City, live: Live, make_camera: Callable[..., FakeCamera], session: Callable[[str], str], phase: str
) -> None:
    sight = Sight(city, make_camera(), phase)
    for path in (sight.path, f"{sight.path}/may"):
        assert live.ask(path, session("operator"))[1]["rule"] == "picture_off_scene"
    assert sight.camera.asked == []


def test_a_page_may_ask_first(live: Live, sight: Sight, session: Callable[[str], str]) -> None:
    assert live.ask(f"{sight.path}/may", session("operator")) == (200, {"kind": "mjpeg"})
    assert live.ask(f"{sight.path}/may")[0] == 401
    assert live.ask(f"{sight.path}/may", session("technician"))[0] == 403
    assert live.ask(f"{sight.path}/more", session("operator"))[0] == 404


def test_a_responder_watches_the_call_they_were_told_of_and_no_other(
    live: Live, sight: Sight, session: Callable[[str], str]
) -> None:
    responder = session("responder")
    status, said = live.ask(sight.path, responder)
    assert (status, said["rule"]) == (403, "not_told")
    sight.tell("released")
    assert live.ask(sight.path, responder)[0] == 403
    sight.city.sql("DELETE FROM responder_task")
    sight.tell("acknowledged")
    watch(live, sight, responder, lambda: sight.city.sql("UPDATE responder_task SET state = 'released'"))


def test_a_responder_told_with_all_on_duty_may_look(live: Live, sight: Sight, session: Callable[[str], str]) -> None:
    sight.tell()
    sight.city.sql("UPDATE responder_task SET user_id = NULL, unit = 'on_duty'")
    assert live.ask(f"{sight.path}/may", session("responder"))[0] == 200


def signed_out(sight: Sight) -> None:
    sight.city.sql("DELETE FROM live_session")


def role_taken(sight: Sight) -> None:
    sight.city.sql("UPDATE live_session SET roles = '{technician}'")


def switched_off(sight: Sight) -> None:
    from necmergitur.web.accounts import grants

    assert grants.deactivate(sight.city.users["operator"], by=sight.city.users["administrator"]) is None


def law_revoked(sight: Sight) -> None:
    ended = authorising.revoke(store(), sight.law(), "judge's order", sight.city.person("lead"), sight.city.now)
    assert isinstance(ended, Authorisation), ended


def incident_closed(sight: Sight) -> None:
    by = sight.city.person("operator")
    assert incident_operations.close(store(), sight.incident, "helped", by, sight.city.now)


@pytest.mark.parametrize("breach", [signed_out, role_taken, switched_off, law_revoked, incident_closed])
def test_what_is_no_longer_allowed_ends_under_way(
    live: Live, sight: Sight, session: Callable[[str], str], breach: Callable[[Sight], None]
) -> None:
    watch(live, sight, session("operator"), lambda: breach(sight))


def test_a_viewer_who_does_not_read_is_cut_off_too(live: Live, sight: Sight, session: Callable[[str], str]) -> None:
    with live.open(sight.path, session("operator")) as answer:
        assert answer.status == 200
        time.sleep(1.0)
        signed_out(sight)
        assert sight.camera.closed_on.wait(5)


def test_a_flight_that_may_not_look_shows_nothing(
    city: City, live: Live, make_camera: Callable[..., FakeCamera], session: Callable[[str], str]
) -> None:
    city.flight_conditions = Conditions(recording=False)
    sight = Sight(city, make_camera())
    status, said = live.ask(sight.path, session("operator"))
    assert (status, said["rule"]) == (409, "picture_not_authorised")
    assert "lead" in said["detail"]
    assert sight.camera.asked == []


def test_a_database_that_stays_away_ends_the_picture(
    live: Live, sight: Sight, session: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "UNSURE_MAX_S", 0.5)
    from necmergitur.operations.ports import Unreachable

    async def away(*_: object) -> None:
        raise Unreachable("away")

    watch(live, sight, session("operator"), lambda: monkeypatch.setattr(picture, "look", away))


# --- cameras ------------------------------------------------------------------------------------------


def test_the_cameras_whole_address_is_asked(live: Live, sight: Sight, session: Callable[[str], str]) -> None:
    with live.open(sight.path, session("operator")) as answer:
        assert answer.status == 200
    assert sight.camera.asked[0].startswith(b"GET /live/one?profile=2&key=a%20b HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 503 Off\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\nhello",
        b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\n",
    ],
)
def test_a_camera_that_sends_no_picture_is_said_and_left_no_connection(
    city: City,
    live: Live,
    make_camera: Callable[..., FakeCamera],
    session: Callable[[str], str],
    answer: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picture, "CONNECT_TIMEOUT_S", 0.5)
    sight = Sight(city, make_camera(answer))
    status, said = live.ask(sight.path, session("operator"))
    assert (status, said["rule"]) == (502, "camera_silent")
    assert sight.camera.closed_on.wait(3)


@pytest.mark.parametrize(
    ("url", "status", "rule"),
    [
        ("", 409, "camera_missing"),
        ("rtsp://127.0.0.1/one", 502, "camera_address"),
        ("http://127.0.0.1:99999/", 502, "camera_address"),
        ("http://127.0.0.1:9/", 502, "camera_silent"),
    ],
)
def test_an_address_that_leads_to_no_picture_is_said(
    live: Live, sight: Sight, session: Callable[[str], str], url: str, status: int, rule: str
) -> None:
    sight.city.sql("UPDATE drone SET camera_url = %s", url)
    answered, said = live.ask(sight.path, session("operator"))
    assert (answered, said["rule"]) == (status, rule)
    assert said["detail"]


def test_a_camera_behind_tls_is_spoken_to_in_tls(live: Live, sight: Sight, session: Callable[[str], str]) -> None:
    sight.city.sql("UPDATE drone SET camera_url = %s", sight.camera.url.replace("http:", "https:"))
    assert live.ask(sight.path, session("operator"))[1]["rule"] == "camera_silent"
    first = sight.camera.asked[0]
    assert first[:2] == b"\x16\x03", "a TLS record, and no request that others can read"
