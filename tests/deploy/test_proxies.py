"""The proxies we ship send to `live` what `live` answers, and keep its figures inside."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from necmergitur.live.app import OURS, SAFE

DEPLOY = Path(__file__).parents[2] / "deploy"
CADDY, NGINX = (DEPLOY / name for name in ("Caddyfile", "nginx.conf"))
FIGURES = "/metrics"
# An address below each prefix that `live` answers itself.
ASKED = [*SAFE, *(path + "x" if path.endswith("/") else path for path in OURS if path != FIGURES)]


def caddy_paths(text: str) -> list[str]:
    """Return the path patterns of the matcher that leads to `live`."""
    found = re.search(r"^\t@live path (.+)$", text, re.MULTILINE)
    assert found
    return found[1].split()


def nginx_pattern(text: str) -> str:
    """Return the expression of the location that leads to `live`."""
    found = re.search(r"location ~ (\S+) \{\s*proxy_pass http://nec_live;", text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ASKED)
def test_what_live_answers_is_sent_to_live(path: str) -> None:
    assert any(fnmatch(path, pattern) for pattern in caddy_paths(CADDY.read_text()))
    assert re.search(nginx_pattern(NGINX.read_text()), path)


@pytest.mark.parametrize(
    "path", ["/", "/console/", "/api/v1/incidents", "/press/", "/field/", "/safe/x", "/safety", FIGURES]
)
def test_the_rest_is_not(path: str) -> None:
    assert not any(fnmatch(path, pattern) for pattern in caddy_paths(CADDY.read_text()))
    assert not re.search(nginx_pattern(NGINX.read_text()), path)


def test_figures_are_refused_to_the_outside() -> None:
    """Caddy sorts directives: a bare `respond` would come after every `handle` and never run."""
    caddy = CADDY.read_text()
    assert re.search(r"^\thandle /metrics \{\n\t\trespond 403\n\t\}$", caddy, re.MULTILINE)
    assert not re.search(r"^\trespond ", caddy, re.MULTILINE)
    assert "location = /metrics { return 403; }" in NGINX.read_text()


@pytest.mark.parametrize("path", ["/safe/x", "/drill/safe/s/x", "/find/x/", "/drill/doors/x"])
def test_an_address_that_opens_somebodys_words_is_written_to_no_log(path: str) -> None:
    found = re.search(r"location ~ (\S+) \{\s*access_log off;", NGINX.read_text())
    assert found
    assert re.search(found[1], path)
    assert not re.search(found[1], "/console/")
