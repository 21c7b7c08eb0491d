"""`python -m necmergitur.sim.bench.django_path`: the same check-ins by the way pages go, to hold `live` against.

Django under a2wsgi and uvicorn as in production, the same reading and sealing, a transaction for each form: what a city
would have without a group commit. Reads a `Stand` as JSON on its standard input, and says "ready" once it serves.
"""

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import uvicorn
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.urls import path

from necmergitur.adapters.crisis_keys import SALT_BYTES, CrisisKey, KeyFiles
from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.operations.population.checkins import Registered, link_of, number_of, take, text_of
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.crises import Crisis

THREADS = 8  # as `app.wiring.live` has


class Stand(msgspec.Struct, frozen=True):
    """Which city, and where to serve: a socket that listens already."""

    home: str
    database_url: str
    crisis_id: UUID
    socket: int


class View:
    """One view."""

    def __init__(self, store: PostgresStore, crisis: Crisis, key: CrisisKey) -> None:
        self._store, self._crisis, self._key = store, crisis, key

    def safe(self, request: HttpRequest) -> HttpResponse:
        """Record one form in a transaction of its own."""
        fields = request.POST
        once = link_of(fields.get("once", ""))
        form = Form(
            fields.get("name", ""), fields.get("status", ""), fields.get("contact", ""), fields.get("words", "")
        )
        checkin = None if once is None else read(form, once, Channel.PAGE, "FR")
        if once is None or not isinstance(checkin, CheckIn):
            return HttpResponseBadRequest()
        checkin = msgspec.structs.replace(checkin, once=number_of(once, checkin.said.name))
        item = (checkin, os.urandom(SALT_BYTES))
        answer = take(self._store, self._crisis, self._key, [item], datetime.now(UTC))[0]
        assert isinstance(answer, Registered), answer
        redirect = HttpResponseRedirect(f"/safe/{text_of(answer.link)}")
        redirect.status_code = 303
        redirect["Content-Length"] = "0"
        return redirect


def main() -> None:
    """Serve until ended."""
    stand = msgspec.json.decode(sys.stdin.buffer.read(), type=Stand)
    store = PostgresStore(stand.database_url, connections_max=THREADS)
    with store.transaction() as tx:
        crisis = tx.crisis(stand.crisis_id)
    key = KeyFiles(Path(stand.home)).of(stand.crisis_id)
    assert crisis is not None
    assert key is not None
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=(path("drill/safe", View(store, crisis, key).safe),))
    application = get_wsgi_application()
    print("ready", flush=True)  # noqa: T201 -- whoever started it waits for the word
    listening = socket.socket(fileno=os.dup(stand.socket))
    pages = WSGIMiddleware(application, workers=THREADS)  # type: ignore[arg-type]  # it is WSGI
    config = uvicorn.Config(pages, log_level="warning", lifespan="off", loop="uvloop", http="httptools")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
