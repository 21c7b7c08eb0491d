"""The first page: what can be done here, and what to do when nothing is open."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from necmergitur.web.find import ground


@require_safe
def start(request: HttpRequest, drill: str = "") -> HttpResponse:
    """Say what is offered. Nothing is looked up about anybody."""
    found = ground.opened(drill=bool(drill))
    reading = found is not None or next(ground.kept(drill=bool(drill)), None) is not None
    context = {"crisis": None if found is None else found[0], "reading": reading}
    return ground.page(request, "start", bool(drill), context)
