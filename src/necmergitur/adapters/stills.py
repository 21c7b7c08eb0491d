"""Still images: taken from a drone's camera, re-encoded so that nothing but pixels remains."""

import io
import warnings
from http import HTTPStatus
from urllib.parse import urlsplit, urlunsplit

import urllib3
from PIL import Image, ImageOps, UnidentifiedImageError

from necmergitur.dispatch.observations import STILL_BYTES_MAX, STILL_SIDE_MAX_PX
from necmergitur.kernel.refusal import Refusal

PIXELS_MAX = 60_000_000  # ours: no drone camera is larger; a small file must not unfold into gigabytes
JPEG_QUALITY = 85  # usual trade: no visible loss at a tenth of the bytes
CAMERA_TIMEOUT_S = 3.0
FORMATS = ("JPEG", "PNG")


class StillCleaner:
    """`operations.observing.ImageCleaner` over Pillow."""

    def clean(self, raw: bytes) -> tuple[bytes, int, int] | Refusal:
        """Return (JPEG bytes, width_px, height_px) without any metadata, upright, at most STILL_SIDE_MAX_PX a side."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                    if opened.width * opened.height > PIXELS_MAX:
                        return Refusal(rule="still_too_large", detail="Too many pixels.")
                    upright = ImageOps.exif_transpose(opened)
                    picture = upright.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
            return Refusal(rule="still_unreadable", detail="Send a JPEG or a PNG.")
        picture.thumbnail((STILL_SIDE_MAX_PX, STILL_SIDE_MAX_PX))
        # Pixels are copied to a fresh image: whatever the file carried beside them stays behind.
        bare = Image.new("RGB", picture.size)
        bare.paste(picture)
        out = io.BytesIO()
        bare.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue(), bare.width, bare.height


def still_url(camera_url: str) -> str:
    """Return where a camera serves one frame, beside its stream."""
    parts = urlsplit(camera_url)
    return urlunsplit((parts.scheme, parts.netloc, "/still.jpg", "", ""))


def fetch_still(camera_url: str) -> bytes | Refusal:
    """Return the frame a camera shows now. Refused when it is silent, off scene, or sends too much."""
    if not camera_url:
        return Refusal(rule="camera_silent", detail="This drone has no camera address.")
    try:
        answer = urllib3.request(
            "GET",
            still_url(camera_url),
            timeout=CAMERA_TIMEOUT_S,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            if answer.status != HTTPStatus.OK:
                return Refusal(rule="camera_silent", detail=f"The camera answered {answer.status}.")
            body = answer.read(STILL_BYTES_MAX + 1)
        finally:
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as failure:
        return Refusal(rule="camera_silent", detail=type(failure).__name__)
    if len(body) > STILL_BYTES_MAX:
        return Refusal(rule="still_too_large")
    return bytes(body)
