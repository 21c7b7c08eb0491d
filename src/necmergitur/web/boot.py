"""Start Django inside any process that needs it: the command line, a test, the WSGI server."""

import os

import django
from django.apps import apps

SETTINGS_MODULE = "necmergitur.web.settings"


def boot() -> None:
    """Configure Django from the NEC_* environment. Calling it again does nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    if not apps.ready:
        django.setup()
