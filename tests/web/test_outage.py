"""When the database is away: calls for help still have their numbers, everything else says so plainly."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from necmergitur.web.accounts.enrolment import create_enrolment_link
from necmergitur.web.accounts.housekeeping import sweep
from necmergitur.web.accounts.models import EnrolmentLink, LiveSession
from necmergitur.web.accounts.roles import Role
from tests.web.persons import make_person, signed_in
from tests.web.serving import serve


@pytest.fixture
def cut_off(make_database: Callable[..., str], migrated_url: str, postgres: object) -> Iterator[str]:
    """Pages whose database vanished after they had started."""
    url = make_database(template="migrated")
    with serve(url) as served:
        urllib.request.urlopen(served.url + "/account/sign-in/").close()
        with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as connection:  # type: ignore[attr-defined]
            name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        yield served.url


def test_without_a_database_numbers_are_shown_and_sign_in_says_it_is_away(cut_off: str) -> None:
    with urllib.request.urlopen(cut_off + "/") as answer:
        assert answer.status == 200
        assert "tel:112" in answer.read().decode()
    for path in ("/account/sign-in/", "/find/", "/find/ask/", "/doors/", "/drill/find/appeals/"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(cut_off + path)
        with refused.value as answer:
            assert answer.status == 503, path
            assert answer.headers["Retry-After"] == "10"
            assert "112" in answer.read().decode()


@pytest.mark.django_db
def test_housekeeping_removes_what_expired_and_nothing_else() -> None:
    stays, goes = make_person("pilot"), make_person("pilot")
    for person in (stays, goes):
        signed_in(person).get("/account/")
    create_enrolment_link(Role.PILOT)
    create_enrolment_link(Role.LEAD)
    past = timezone.now() - timedelta(days=31)
    LiveSession.objects.filter(user_id=goes.user.pk).update(expires_at=past)
    EnrolmentLink.objects.filter(role="pilot").update(expires_at=past)
    assert sweep() == 2
    assert list(LiveSession.objects.values_list("user_id", flat=True)) == [stays.user.pk]
    assert list(EnrolmentLink.objects.values_list("role", flat=True)) == ["lead"]
