"""Two at the same instant: one link opens one account, and two administrators cannot remove each other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import grants
from necmergitur.web.accounts.enrolment import create_enrolment_link, enrol
from necmergitur.web.accounts.models import User
from necmergitur.web.accounts.roles import Role
from tests.web.persons import PASSWORD, make_person
from tests.web.serving import models_on


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run each in its own thread, on its own connection."""

    def run(action: Callable[[], object]) -> object:
        try:
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def test_a_link_used_six_times_at_once_opens_one_account(database: str, django_db_blocker: DjangoDbBlocker) -> None:
    def use(number: int) -> Callable[[], object]:
        email = f"racer{number}@example.org"
        return lambda: enrol(token, email=email, display_name="x", password=PASSWORD, language="fr")

    with django_db_blocker.unblock(), models_on(database):
        token = create_enrolment_link(Role.LEAD).rstrip("/").rsplit("/", 1)[1]
        outcomes = at_once(*(use(number) for number in range(6)))
        assert [isinstance(outcome, User) for outcome in outcomes].count(True) == 1
        assert User.objects.count() == 1


def test_two_administrators_removing_each_other_leave_one(database: str, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), models_on(database):
        one, other = make_person("administrator").user, make_person("administrator").user
        outcomes = at_once(
            lambda: grants.revoke_role(one, Role.ADMINISTRATOR, by=other),
            lambda: grants.revoke_role(other, Role.ADMINISTRATOR, by=one),
        )
        assert [isinstance(outcome, Refusal) for outcome in outcomes].count(True) == 1
        assert len(grants.administrators()) == 1


def test_an_administrator_switched_off_while_another_loses_the_role_leaves_one(
    database: str, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), models_on(database):
        one, other = make_person("administrator").user, make_person("administrator").user
        at_once(
            lambda: grants.deactivate(one, by=other),
            lambda: grants.revoke_role(other, Role.ADMINISTRATOR, by=one),
        )
        assert len(grants.administrators()) == 1
