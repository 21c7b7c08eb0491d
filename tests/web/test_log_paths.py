"""What a refused request leaves in a log: Django names its path, and some paths are keys."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import StringConverter

from necmergitur.app import logs

# Parts of paths that name a thing and open nothing.
SHOWN = {"device_id", "drone_id", "sensor_id", "provider_id", "form", "slug", "kind", "part", "role"}
CODE_BYTES = 16  # the shortest secret that stands in a path


def free_parts(patterns: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Return each page's route, with the name of every part of it that is free text."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from free_parts(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            for name, converter in pattern.pattern.converters.items():
                if isinstance(converter, StringConverter) and type(converter) is StringConverter:
                    yield route, name


SECRET = sorted({(route, name) for route, name in free_parts(get_resolver().url_patterns) if name not in SHOWN})


def test_there_are_keys_in_paths() -> None:
    assert {name for _route, name in SECRET} >= {"token", "code"}


@pytest.mark.parametrize(("route", "name"), SECRET)
def test_a_key_in_a_path_is_withheld_from_the_log(route: str, name: str) -> None:
    key = secrets.token_urlsafe(CODE_BYTES)
    path = "/" + route.replace(f"<str:{name}>", key)
    assert path.count(key) == 1
    assert key not in logs.cleaned_text(f"Service Unavailable: {path}")
    assert logs.WITHHELD in logs.cleaned_text(f"Forbidden (CSRF cookie not set.): {path}")
