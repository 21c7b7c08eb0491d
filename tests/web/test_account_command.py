"""`nec account`, as typed at the server's keyboard."""

import os
import subprocess
import sys

from pytest_django.plugin import DjangoDbBlocker

from necmergitur.web.accounts.models import AccountEvent
from tests.web.persons import PASSWORD, make_person
from tests.web.serving import ROOT, models_on


def nec(database_url: str, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "NEC_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "necmergitur.app.cli", "account", *arguments]
    return subprocess.run(command, env=environ, input=typed, capture_output=True, text=True, check=False, timeout=60)


def test_first_link_is_printed_until_an_administrator_can_sign_in(
    database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    shown = nec(database, "first-link")
    assert shown.returncode == 0, shown.stderr
    assert "/account/enrol/" in shown.stdout
    with django_db_blocker.unblock(), models_on(database):
        make_person("administrator")
    refused = nec(database, "first-link")
    assert refused.returncode == 1
    assert "/account/enrol/" not in refused.stdout


def test_two_people_restore_a_third_at_the_keyboard(database: str, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), models_on(database):
        lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    arguments = ("restore-second-factor", lost.email, "--reason", "in front of us")
    alone = f"{lead.email}\n{PASSWORD}\n{lead.code()}\n{officer.email}\n{PASSWORD}\n000000\n"
    refused = nec(database, *arguments, typed=alone)
    assert refused.returncode == 1
    assert "not_proven" in refused.stderr
    assert PASSWORD not in refused.stdout + refused.stderr
    spare_lead = _another(database, django_db_blocker)
    both = f"{spare_lead[0]}\n{PASSWORD}\n{spare_lead[1]}\n{officer.email}\n{PASSWORD}\n{officer.code()}\n"
    shown = nec(database, *arguments, typed=both)
    assert shown.returncode == 0, shown.stderr
    assert "/account/enrol/" in shown.stdout
    with django_db_blocker.unblock(), models_on(database):
        assert AccountEvent.objects.filter(tag="account:recovery:approved", actor_id=officer.user.pk).count() == 1


def _another(database: str, django_db_blocker: DjangoDbBlocker) -> tuple[str, str]:
    """A lead whose code was not used a moment ago: a code works once."""
    with django_db_blocker.unblock(), models_on(database):
        lead = make_person("lead")
    return lead.email, lead.code()
