"""Django, started once on the session's environment (tests/conftest.py has set it)."""

from necmergitur.web.boot import boot

boot()
