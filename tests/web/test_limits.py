"""Sign-in attempts are counted for all processes at once, and nothing is let in uncounted."""

import pytest
from django.core.cache import cache, caches
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.utils import timezone

from necmergitur.web.accounts.counters import CountersUnavailableError
from tests.web.persons import PASSWORD, Person, make_person

pytestmark = pytest.mark.django_db


def attempt(person: Person, password: str, address: str = "192.0.2.1") -> int:
    answer = Client(REMOTE_ADDR=address, raise_request_exception=False).post(
        "/account/sign-in/", {"login": person.email, "password": password}
    )
    return answer.status_code


def test_after_five_wrong_passwords_even_the_right_one_waits() -> None:
    person = make_person("operator")
    assert [attempt(person, "wrong", f"192.0.2.{each}") for each in range(5)] == [200] * 5
    assert attempt(person, PASSWORD, "192.0.2.77") == 200, "refused in the form"
    other = make_person("operator")
    assert attempt(other, PASSWORD, "192.0.2.78") == 302, "others are not punished"


def test_a_forged_forwarding_header_does_not_change_who_is_counted() -> None:
    codes = [
        Client(REMOTE_ADDR="192.0.2.9")
        .post(
            "/account/sign-in/",
            {"login": f"x{each}@example.org", "password": "p"},
            headers={"X-Forwarded-For": f"198.51.100.{each}"},
        )
        .status_code
        for each in range(31)
    ]
    assert codes[-1] == 429
    assert codes.count(429) == 1


def test_wrong_codes_are_counted_too() -> None:
    person = make_person("operator")
    browser = Client()
    browser.post("/account/sign-in/", {"login": person.email, "password": PASSWORD})
    wrong = "000000" if person.code() != "000000" else "111111"
    for _each in range(5):
        browser.post("/account/security/authenticate/", {"code": wrong})
    answer = browser.post("/account/security/authenticate/", {"code": person.code()})
    assert answer.status_code == 200
    assert "_auth_user_id" not in browser.session


def test_when_attempts_cannot_be_counted_nobody_signs_in() -> None:
    """The planted fault: the counters' table takes no more writes."""
    person = make_person("operator")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("REVOKE INSERT, UPDATE ON web_counter FROM nec_web")
        cursor.execute("SET ROLE nec_web")
    assert attempt(person, PASSWORD) != 302


def test_a_failed_write_raises_instead_of_passing_in_silence() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute("REVOKE INSERT, UPDATE ON web_counter FROM nec_web")
        cursor.execute("SET ROLE nec_web")
    with pytest.raises((CountersUnavailableError, DatabaseError)):
        cache.set("x", 1, 60)


def test_a_full_table_forgets_only_what_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches["default"], "_max_entries", 2)
    for name in ("a", "b", "c"):
        cache.set(name, 1, 600)
    with pytest.raises(CountersUnavailableError):
        cache.set("d", 1, 600)
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE web_counter SET expires = %s WHERE cache_key LIKE %s", [timezone.now(), "%:a"])
        cursor.execute("UPDATE web_counter SET expires = expires - interval '1 day' WHERE cache_key LIKE %s", ["%:a"])
    cache.set("d", 1, 600)
    assert [cache.get(name) for name in ("a", "b", "c", "d")] == [None, 1, 1, 1]
