"""The city, a mail server that takes letters, and the worker's turn."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.test import override_settings

from necmergitur.web.dialogue.limits import Limit
from necmergitur.web.hackathon import voting
from necmergitur.web.incubation import views as incubation
from necmergitur.web.letters import views
from necmergitur.web.programme import voting as needs
from tests.web.commons.mailbox import mailbox as receiving
from tests.web.hackathon.playing import Hackathon
from tests.web.letters.mailbox import Inboxes, Mailbox
from tests.web.pages import City, city, city_template  # noqa: F401 -- fixtures


@pytest.fixture(autouse=True)
def nobody_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one address did is counted anew for each test."""
    monkeypatch.setattr(voting, "applications", Limit(voting.APPLICATIONS_MAX))
    monkeypatch.setattr(needs, "needs_stated", Limit(needs.NEEDS_MAX))
    monkeypatch.setattr(incubation, "applications", Limit(incubation.APPLICATIONS_MAX))
    monkeypatch.setattr(views, "asked", Limit(views.ASKED_MAX))


@pytest.fixture
def mailbox(city: City) -> Iterator[Mailbox]:  # noqa: F811 -- the fixture
    """What arrived, by address; and how a worker sends what waits."""
    with receiving(Mailbox) as made, override_settings(EMAIL_HOST="127.0.0.1"):
        yield made


@pytest.fixture
def played(city: City) -> Hackathon:  # noqa: F811 -- the fixture
    """A hackathon, open for registration."""
    return Hackathon(city)


@pytest.fixture
def inboxes() -> Iterator[Inboxes]:
    """Where a demonstration's mail comes to."""
    with Inboxes() as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()
