"""What a partner sends, judged before it is parsed: a body may be neither long nor deep."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from necmergitur.signals.constants import JSON_DEPTH_MAX
from necmergitur.signals.press import json_depth

BODY_BYTES_MAX = 64 * 1024  # ours: the longest note, every sign of it escaped, is 24 kB


class BoundedParser(Parser):
    """Ninja's own, which would parse as much as Django takes in."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return what the body says. Raises ValueError when it is too long, too deep or no JSON."""
        body = request.body
        if len(body) > BODY_BYTES_MAX:
            raise ValueError(f"{len(body)} bytes; at most {BODY_BYTES_MAX}")
        if json_depth(body) > JSON_DEPTH_MAX:
            raise ValueError(f"nested deeper than {JSON_DEPTH_MAX}")
        return super().parse_body(request)
