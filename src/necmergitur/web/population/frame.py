"""The frame of pages that must come whole in one answer: its style, inlined, and the policy that lets only that in.

A telephone on a crowded network pays a round trip for each file; here there is one. The palette is the city's own
(tokens.css): only the colours that frame.css uses are taken along, in both themes.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from necmergitur.people.crises import Crisis

HERE = Path(__file__).resolve().parent
TOKENS = HERE.parent / "static" / "css" / "tokens.css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_GIVEN = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")
_USED = re.compile(r"var\((--[a-z0-9-]+)\)")
_SPACE = re.compile(r"\s*([{};:,>])\s*")


@cache
def style() -> str:
    """Return the whole stylesheet, as small as it gets without a tool."""
    plain = _COMMENT.sub("", (HERE / "frame.css").read_text(encoding="utf-8"))
    tokens = _COMMENT.sub("", TOKENS.read_text(encoding="utf-8"))
    light_text, _, rest = tokens.partition("@media screen")
    dark_text, _, shared_text = rest.partition("\n}\n")
    light = dict(_GIVEN.findall(light_text + shared_text.partition("@media")[0]))
    dark = dict(_GIVEN.findall(dark_text))
    used = _needed(plain, light)
    sheet = (
        f":root{{color-scheme:light dark;{_list(light, used)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_list(dark, used)}}}}}{plain}"
    )
    return _SPACE.sub(r"\1", " ".join(sheet.split())).replace(";}", "}")


@cache
def policy() -> str:
    """Return the content policy of a page of this frame: this style, forms to ourselves, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def languages() -> list[str]:
    """Return the languages pages are written in."""
    return [code for code, _name in settings.LANGUAGES]


def language_of(request: HttpRequest, otherwise: str = "") -> str:
    """Return the language to answer in: what the address asks for, `otherwise`, or what the browser prefers."""
    for wanted in (request.GET.get("lang", ""), otherwise):
        if wanted in languages():
            return wanted
    return translation.get_language_from_request(request)


def show(
    request: HttpRequest | None,
    template: str,
    context: dict[str, Any],
    *,
    language: str,
    crisis: Crisis | None = None,
    drill: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Render a page of this frame. Never kept by a cache, never listed, and no address told to whoever is next."""
    with translation.override(language):
        others = [(code, translation.get_language_info(code)["name_local"]) for code in languages() if code != language]
        frame = {
            "crisis": crisis,
            "drill": drill,
            "prefix": "/drill" if drill else "",
            "others": others,
            "demo": settings.DEMO,
        }
        response = render(request, template, frame | context, status=status)  # type: ignore[arg-type]  # none at `prepare`
    response.headers["Content-Security-Policy"] = policy()
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _needed(text: str, given: dict[str, str]) -> set[str]:
    """Return every token a text uses, through those that are made of others."""
    found: set[str] = set()
    waiting = _USED.findall(text)
    while waiting:
        name = waiting.pop()
        if name in found or name not in given:
            continue
        found.add(name)
        waiting += _USED.findall(given[name])
    return found


def _list(given: dict[str, str], used: set[str]) -> str:
    return ";".join(f"{name}:{value.strip()}" for name, value in given.items() if name in used)
