"""From the link to "your people know", on a telephone whose line is GPRS: a real browser, slowed down.

Somebody opens the form, writes their name and a relative's number at the pace of thumbs, and sends it. The clock runs
from the tap on the link until the receipt is on their screen and the relative's message is at the operator's gateway.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec

from necmergitur.sim.bench.screen import WITHOUT_MAP, browser

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

# The "GPRS" line of Chromium's developer tools: the slowest they had. A city's networks are full on such a night.
DOWN_BITS_S, UP_BITS_S, ROUND_TRIP_S = 50_000, 20_000, 0.5
# What the browser does not slow down: finding the name, TCP (one round trip), TLS 1.3 (one; RFC 8446 2).
SET_UP_S = 3 * ROUND_TRIP_S
# Palin et al., "How do People Type on Mobile Devices?" (MobileHCI 2019): 36.2 words of five letters a minute.
LETTER_S = 60 / (36.2 * 5)
TAP_S = 1.0  # ours: to find a field and touch it
WIDTH, HEIGHT = 360, 640
NAME, RELATIVE = "Amélie Durand", "0612345678"
TOLD_S_MAX = 120.0
SETTLE_MS = 500.0


class Gateway:
    """An operator's gateway, and when it was handed each message."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str]] = []
        self.came = threading.Event()
        self.url = ""

    def take(self, body: bytes) -> None:
        """Take one message."""
        self.got.append((time.perf_counter(), str(msgspec.json.decode(body)["to"])))
        self.came.set()


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Stand where NEC_SMS_URL leads."""
    standing = Gateway()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            standing.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    standing.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield standing
    finally:
        server.shutdown()
        server.server_close()


def measure(url: str, relatives: Gateway) -> dict[str, Any]:
    """Return the seconds from the link to the relative's message, of which what a person's hands take."""
    with browser(*WITHOUT_MAP) as running:
        context = running.new_context(
            locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT}, is_mobile=True, has_touch=True
        )
        page = context.new_page()
        page.set_default_timeout(TOLD_S_MAX * 1_000)
        lines = context.new_cdp_session(page)
        sent: list[int] = []
        lines.on("Network.loadingFinished", lambda said: sent.append(int(said["encodedDataLength"])))
        _slow(lines)
        began = time.perf_counter()
        page.goto(url, wait_until="domcontentloaded")
        read_s = time.perf_counter() - began
        hands_s = _fill(page)
        page.get_by_role("heading", name="It is recorded").wait_for()
        receipt_at = time.perf_counter()
        relatives.came.wait(TOLD_S_MAX)
        told_at, to = relatives.got[0]
        page.wait_for_timeout(SETTLE_MS)  # what came over the line is told by the browser while it is listened to
        context.close()
    assert to.endswith(RELATIVE[1:]), to
    return {
        "two_g_told_s": round(max(receipt_at, told_at) - began + SET_UP_S, 2),
        "two_g_first_page_s": round(read_s + SET_UP_S, 2),
        "two_g_hands_s": round(hands_s, 2),
        "two_g_bytes": sum(sent),
        "two_g_requests": len(sent),
    }


def _slow(lines: "CDPSession") -> None:
    lines.send("Network.enable")
    conditions = {
        "offline": False,
        "latency": ROUND_TRIP_S * 1_000,
        "downloadThroughput": DOWN_BITS_S / 8,
        "uploadThroughput": UP_BITS_S / 8,
        "connectionType": "cellular2g",
    }
    lines.send("Network.emulateNetworkConditions", conditions)


def _fill(page: "Page") -> float:
    """Fill the form as a person does, and send it; return the seconds that took."""
    began = time.perf_counter()

    def tap(what: Any) -> None:
        time.sleep(TAP_S)
        what.click()

    tap(page.locator("label[for=safe]"))
    tap(page.get_by_label("Your name"))
    page.keyboard.type(NAME, delay=LETTER_S * 1_000)
    tap(page.get_by_text("Tell your family and friends"))
    tap(page.get_by_label("Person 1"))
    page.keyboard.type(RELATIVE, delay=LETTER_S * 1_000)
    time.sleep(TAP_S)
    took_s = time.perf_counter() - began
    page.get_by_role("button", name="Send").click(no_wait_after=True)
    return took_s
