"""Static files: gathered, hashed, compressed, cached for ever, and served with the right names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.conftest import BUILD
from tests.web.serving import ROOT, serve

COLLECT = "from necmergitur.web.migrate import collect_static; collect_static()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not BUILD.exists():
        missing = "the front end is not built: npm ci && npm run build in ui/"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("home")
    environ = {**os.environ, "NEC_HOME": str(folder), "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", COLLECT], env=environ, check=True)
    return folder


def test_collected_stylesheets_name_hashed_fonts_that_exist(home: Path) -> None:
    sheets = list((home / "static" / "css").glob("tokens.*.css"))
    assert len(sheets) == 1
    fonts = re.findall(r'url\("([^"]+)"\)', sheets[0].read_text(encoding="utf-8"))
    assert len(fonts) >= 5
    assert [font for font in fonts if not (sheets[0].parent / font).resolve().exists()] == []
    assert all(re.search(r"\.[0-9a-f]{12}\.woff2$", font) for font in fonts)


def test_collected_files_are_served_hashed_compressed_and_for_ever(home: Path, migrated_url: str) -> None:
    import urllib.request

    with serve(migrated_url, NEC_HOME=str(home)) as served:
        with urllib.request.urlopen(served.url + "/") as answer:
            page = answer.read().decode()
        (tokens,) = re.findall(r'href="(/static/css/tokens\.[0-9a-f]{12}\.css)"', page)
        request = urllib.request.Request(served.url + tokens, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
