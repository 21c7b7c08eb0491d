"""WHEP (WebRTC-HTTP Egress Protocol, draft-ietf-wish-whep): an offer posted to a camera, its answer, and the end.

Only the two descriptions pass here. Frames go from the camera to the browser, encrypted between the two.
"""

from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import msgspec
import urllib3

from necmergitur.kernel.refusal import Refusal

SDP_BYTES_MAX = 64 * 1024  # ours: an offer with every codec of a browser is under 10 kB
TIMEOUT_S = 3.0
SDP = "application/sdp"


class Opened(msgspec.Struct, frozen=True):
    """A camera's answer, and the address that ends the session."""

    answer: bytes
    resource: str


def open_session(url: str, offer: bytes) -> Opened | Refusal:
    """Post an offer to a camera. Refused when it is silent, refuses, or names a session on another machine."""
    try:
        got = urllib3.request(
            "POST",
            url,
            body=offer,
            headers={"Content-Type": SDP, "Accept": SDP},
            timeout=TIMEOUT_S,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            body = bytes(got.read(SDP_BYTES_MAX + 1))
        finally:
            got.close()
    except (urllib3.exceptions.HTTPError, OSError) as failure:
        return Refusal(rule="camera_silent", detail=f"The camera does not answer ({type(failure).__name__}).")
    if got.status != HTTPStatus.CREATED or not got.headers.get("content-type", "").startswith(SDP):
        return Refusal(rule="camera_silent", detail=f"The camera opened no session ({got.status}).")
    resource = urljoin(url, got.headers.get("location", ""))
    if len(body) > SDP_BYTES_MAX or "location" not in got.headers or urlsplit(resource)[:2] != urlsplit(url)[:2]:
        return Refusal(rule="camera_silent", detail="The camera's answer cannot be used.")
    return Opened(body, resource)


def end_session(resource: str) -> bool:
    """Ask a camera to end a session; return whether it did, or had already."""
    try:
        got = urllib3.request("DELETE", resource, timeout=TIMEOUT_S, retries=1, redirect=False)
    except (urllib3.exceptions.HTTPError, OSError):
        return False
    return got.status < HTTPStatus.BAD_REQUEST or got.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
