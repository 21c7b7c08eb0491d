"""Service workers, served from the address whose pages they may keep (their scope is their folder)."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpResponse


def service_worker(name: str) -> HttpResponse:
    """Return a worker the front-end build made. Never cached, so that a new one replaces it at once."""
    return script(f"build/{name}")


def script(path: str) -> HttpResponse:
    """Return a static script under an address of its own; as above."""
    found = finders.find(path)
    try:
        code = Path(found).read_bytes() if found else staticfiles_storage.open(path).read()
    except OSError as missing:
        raise Http404 from missing
    return HttpResponse(code, content_type="text/javascript", headers={"Cache-Control": "no-cache"})
