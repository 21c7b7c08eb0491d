"""The picture in a real browser: shown while it may be, by both kinds of camera, and gone with its reason when not."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any
from uuid import UUID

import pytest
from django.utils import translation
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from necmergitur.live.parts import Receive, Scope, Send
from necmergitur.operations import authorising
from necmergitur.web.console.ui_words import WORDS
from necmergitur.web.store import store
from tests.live import camera as cameras
from tests.live.camera import FakeCamera
from tests.live.serving import Live, serve_live
from tests.live.whep import FakeWhep
from tests.web.conftest import BUILD, CHROMIUM_FLAGS
from tests.web.pages import City

pytestmark = pytest.mark.e2e
# Both ends of the WebRTC session are on this machine, which may have no other network.
LOOPBACK = ["--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns"]
PAGE = """<!doctype html><title>x</title><div id="field"><div id="field-fragment"><div data-sight>
<img data-picture="/live/picture/%s" hidden alt="picture"><video data-picture-video hidden muted autoplay playsinline></video>
<p data-picture-off hidden></p></div></div></div>
<script type="application/json" id="ui-words">%s</script><script type="module" src="/build/field.js"></script>"""
# A camera: a canvas that never stands still, sent to whoever offers.
CAMERA = """async (offer) => {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  setInterval(() => { pen.fillStyle = `hsl(${Date.now() / 10 % 360} 90% 50%)`; pen.fillRect(0, 0, 300, 150); }, 50);
  const peer = window.peer = new RTCPeerConnection();
  for (const track of canvas.captureStream(20).getTracks()) peer.addTrack(track);
  await peer.setRemoteDescription({type: 'offer', sdp: offer});
  await peer.setLocalDescription(await peer.createAnswer());
  for (let n = 0; n < 40 && peer.iceGatheringState !== 'complete'; n++) await new Promise(r => setTimeout(r, 50));
  return peer.localDescription.sdp;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("NEC_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None or not BUILD.exists():
        missing = "no chromium, or the front end is not built: make test does both"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS + LOOPBACK)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def pages(mission: UUID) -> Any:
    """Serve one page with the responder's island in it, and the built front end."""
    with translation.override("en"):
        words = json.dumps({name: str(word) for name, word in WORDS.items()})

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        body, kind = (PAGE % (mission, words)).encode(), b"text/html"
        if path.startswith("/build/"):
            file = BUILD / path.removeprefix("/build/")
            body, kind = file.read_bytes(), b"text/css" if path.endswith(".css") else b"text/javascript"
        elif path != "/page":
            body, kind = b"{}", b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": body})

    return serve


@pytest.fixture
def shown(city: City, chromium: Browser, session: Callable[[str], str], tmp_path: Path) -> Iterator[Callable[[], Page]]:
    """`shown()` opens the page of a mission on scene as an operator."""
    mission = city.mission(city.person_press(), state="flying", phase="on_scene")
    with serve_live(city.url, home=tmp_path, pages=pages(mission)) as live:
        context = opened(chromium, live, session("operator"))

        def show() -> Page:
            page = context.new_page()
            page.goto("/page")
            return page

        yield show
        context.close()


def opened(chromium: Browser, live: Live, cookie: str) -> BrowserContext:
    context = chromium.new_context(base_url=live.url)
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live.url}])
    return context


def revoke(city: City) -> None:
    law = city.sql("SELECT authorisation_id FROM mission")[0][0]
    assert authorising.revoke(store(), law, "judge's order", city.person("lead"), city.now)


def test_a_relayed_picture_is_shown_and_leaves_the_page_with_its_authorisation(
    city: City, shown: Callable[[], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (32, 18), "red").save(out, "JPEG")
    monkeypatch.setattr(cameras, "FRAME", b"--f\r\ncontent-type: image/jpeg\r\n\r\n" + out.getvalue() + b"\r\n")
    camera = FakeCamera()
    city.sql("UPDATE drone SET camera_url = %s", camera.url)
    page = shown()
    page.wait_for_function("document.querySelector('[data-picture]').naturalWidth === 32")
    expect(page.locator("[data-picture]")).to_be_visible()
    revoke(city)
    expect(page.locator("[data-picture]")).to_be_hidden()
    assert page.locator("[data-picture]").get_attribute("src") is None, "off the network, not merely out of sight"
    expect(page.locator("[data-picture-off]")).to_have_text(
        "No authorisation covers the picture. A lead may authorise the camera."
    )
    camera.stop()


def test_a_webrtc_picture_plays_and_its_session_ends_with_the_page(
    city: City, shown: Callable[[], Page], chromium: Browser
) -> None:
    camera, lens = FakeWhep(), chromium.new_page()
    camera.answering = Queue()
    city.sql("UPDATE drone SET camera_url = %s, camera_kind = 'whep'", camera.url)
    page = shown()
    for _ in range(200):
        if camera.offers:
            break
        page.wait_for_timeout(50)
    camera.answering.put(lens.evaluate(CAMERA, camera.offers[0][1].decode()).encode())
    page.wait_for_function("document.querySelector('video').videoWidth > 0")
    before = page.evaluate("document.querySelector('video').currentTime")
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('video').currentTime") > before
    revoke(city)
    expect(page.locator("video")).to_be_hidden()
    assert camera.over.wait(5)
    assert page.evaluate("document.querySelector('video').srcObject") is None
    lens.close()
    camera.stop()
