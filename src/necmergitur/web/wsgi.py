"""The WSGI entry: `necmergitur.web.wsgi:application`."""

from django.core.handlers.wsgi import WSGIHandler

from necmergitur.web.boot import boot

boot()
application = WSGIHandler()
