"""The WSGI entry: `necmergitur.web.wsgi:application`."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLResolver, get_resolver

from necmergitur.web import environment
from necmergitur.web.boot import boot

# Served without them, PINs and partners' secrets would be kept under no key at all: better not served.
for _name in ("NEC_SECRET_SUBJECT", "NEC_SECRET_SEAL"):
    environment.key(os.environ, _name)
boot()
application = WSGIHandler()


def load_pages() -> None:
    """Load every page's code, which Django does at the first request: measured, a second and a half of waiting."""
    _load(get_resolver())


def _load(resolver: URLResolver) -> None:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            _load(pattern)
