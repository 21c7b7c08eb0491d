"""The WSGI entry: `necmergitur.web.wsgi:application`."""

import os

from django.core.handlers.wsgi import WSGIHandler

from necmergitur.web import environment
from necmergitur.web.boot import boot

# Served without them, PINs and partners' secrets would be kept under no key at all: better not served.
for _name in ("NEC_SECRET_SUBJECT", "NEC_SECRET_SEAL"):
    environment.key(os.environ, _name)
boot()
application = WSGIHandler()
