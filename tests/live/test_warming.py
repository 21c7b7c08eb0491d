"""What the first page would wait for."""

import threading
from pathlib import Path

from tests.live.serving import serve_live
from tests.web.pages import City


def test_the_code_of_pages_is_loaded_beside_the_first_requests_and_nobody_waits_for_it(
    city: City, tmp_path: Path
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def warm() -> None:
        begun.set()
        go_on.wait(20)

    with serve_live(city.url, home=tmp_path, warm=warm) as live:
        assert begun.wait(10)
        assert live.ask("/healthz")[0] == 200
        go_on.set()


def test_loading_pages_loads_every_room() -> None:
    import sys

    from necmergitur.web.wsgi import load_pages

    load_pages()
    assert {"necmergitur.web.console.urls", "necmergitur.web.population.urls"} <= sys.modules.keys()
