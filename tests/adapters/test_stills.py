"""Stills: only pixels survive, bombs do not unfold, a silent camera is a refusal."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from necmergitur.adapters import stills
from necmergitur.adapters.stills import StillCleaner, fetch_still, still_url
from necmergitur.dispatch.observations import STILL_BYTES_MAX, STILL_SIDE_MAX_PX
from necmergitur.kernel.refusal import Refusal

SECRET = b"48.8566N somebody's camera"


def picture(width: int = 60, height: int = 30, kind: str = "JPEG", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, kind, **more)
    return out.getvalue()


def with_metadata() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6  # lying on its side
    return picture(exif=exif, comment=SECRET)


def test_nothing_but_pixels_survives_and_the_picture_stands_upright() -> None:
    raw = with_metadata()
    assert SECRET in raw
    cleaned = StillCleaner().clean(raw)
    assert not isinstance(cleaned, Refusal)
    jpeg, width, height = cleaned
    assert (width, height) == (30, 60)
    assert SECRET not in jpeg
    opened = Image.open(io.BytesIO(jpeg))
    assert (opened.format, dict(opened.getexif()), opened.info.get("comment")) == ("JPEG", {}, None)


def test_a_transparent_png_becomes_a_plain_jpeg() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (1, 2, 3, 4)).save(out, "PNG")
    cleaned = StillCleaner().clean(out.getvalue())
    assert not isinstance(cleaned, Refusal)
    assert Image.open(io.BytesIO(cleaned[0])).mode == "RGB"


def test_a_large_picture_is_made_smaller() -> None:
    cleaned = StillCleaner().clean(picture(4_000, 3_000))
    assert not isinstance(cleaned, Refusal)
    assert max(cleaned[1:]) == STILL_SIDE_MAX_PX


@pytest.mark.parametrize(
    "raw", [b"", b"GIF89a", b"\xff\xd8\xff", picture()[:300], picture(kind="GIF"), picture(kind="TIFF"), b"<svg/>" * 99]
)
def test_what_is_no_jpeg_or_png_is_refused(raw: bytes) -> None:
    refused = StillCleaner().clean(raw)
    assert isinstance(refused, Refusal)
    assert refused.rule == "still_unreadable"


def test_a_bomb_is_refused_before_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "PIXELS_MAX", 1_000)
    refused = StillCleaner().clean(picture(100, 100, kind="PNG"))
    assert isinstance(refused, Refusal)
    assert refused.rule == "still_too_large"


def test_the_frame_is_beside_the_stream() -> None:
    assert still_url("http://127.0.0.1:15600/stream?x=1") == "http://127.0.0.1:15600/still.jpg"


@pytest.mark.parametrize(
    ("status", "size", "wanted"),
    [
        (200, 10, None),
        (503, 10, "camera_silent"),
        (200, STILL_BYTES_MAX + 1, "still_too_large"),
        (302, 0, "camera_silent"),
    ],
)
def test_a_camera_is_asked_once_and_bounded(status: int, size: int, wanted: str | None) -> None:
    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/still.jpg"
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            try:
                self.wfile.write(b"x" * size)
            except OSError:
                return

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    got = fetch_still(f"http://127.0.0.1:{server.server_port}/stream")
    server.shutdown()
    server.server_close()
    assert (got.rule if isinstance(got, Refusal) else None) == wanted


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/stream"])
def test_a_camera_that_is_not_there_is_a_refusal(url: str) -> None:
    refused = fetch_still(url)
    assert isinstance(refused, Refusal)
    assert refused.rule == "camera_silent"
