"""Icons, inlined from the one sprite the front-end build makes: no request, no script, they print."""

import re
from functools import lru_cache
from pathlib import Path

SPRITE = Path(__file__).resolve().parents[1] / "static" / "build" / "icons.svg"
SYMBOL = re.compile(r'<symbol\b[^>]*\bid="(?P<name>[a-z0-9-]+)"[^>]*>(?P<body>.*?)</symbol>', re.DOTALL)


def body(name: str) -> str:
    """Return the inside of an icon's SVG, or nothing when the sprite lacks it (its label still says all)."""
    try:
        built = SPRITE.stat().st_mtime_ns
    except OSError:
        return ""
    return _sprite(built).get(name, "")


@lru_cache(maxsize=1)
def _sprite(_built: int) -> dict[str, str]:
    text = SPRITE.read_text(encoding="utf-8")
    return {match["name"]: match["body"].strip() for match in SYMBOL.finditer(text)}
