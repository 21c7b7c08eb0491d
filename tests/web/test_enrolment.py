"""Links: one use, 24 hours, one address; nothing learnt from a refused one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts.enrolment import create_enrolment_link, enrol, first_administrator_link, restore_link
from necmergitur.web.accounts.models import AccountEvent, EnrolmentLink, LiveSession, User
from necmergitur.web.accounts.roles import Role
from tests.web.persons import PASSWORD, make_person, signed_in

pytestmark = pytest.mark.django_db

FORM = {"email": "new@example.org", "display_name": "New", "password": PASSWORD, "again": PASSWORD}


def token_of(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[1]


def use(path: str, **changes: str) -> tuple[int, str]:
    answer = Client().post(path, FORM | changes)
    return answer.status_code, answer.headers.get("Location", "")


def test_a_link_opens_one_account_with_its_role_then_is_spent() -> None:
    path = create_enrolment_link(Role.LEAD)
    assert use(path) == (302, "/account/second-factor/")
    user = User.objects.get(email="new@example.org")
    assert list(user.grants.values_list("role", flat=True)) == ["lead"]
    assert use(path, email="other@example.org") == (410, "")
    assert User.objects.filter(email="other@example.org").count() == 0


def test_the_enrolment_session_leads_straight_to_the_second_factor() -> None:
    browser = Client()
    assert browser.post(create_enrolment_link(Role.LEAD), FORM).status_code == 302
    assert browser.get("/account/second-factor/").status_code == 200
    answer = browser.get("/account/security/totp/activate/")
    assert (answer.status_code, answer.headers.get("Location")) == (200, None)
    assert browser.get("/account/people/").headers["Location"] == "/account/second-factor/"


def test_only_the_hash_of_a_token_is_kept() -> None:
    token = token_of(create_enrolment_link(Role.LEAD))
    row = EnrolmentLink.objects.get()
    assert token not in repr(vars(row))
    assert len(row.token_hash) == 64


def test_reading_the_page_spends_nothing() -> None:
    path = create_enrolment_link(Role.LEAD)
    assert [Client().get(path).status_code for _ in range(3)] == [200, 200, 200]
    assert use(path)[0] == 302


def test_a_link_dies_after_24_hours() -> None:
    path = create_enrolment_link(Role.LEAD)
    EnrolmentLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert use(path) == (410, "")
    assert User.objects.count() == 0


def test_a_wrong_token_and_a_spent_one_answer_alike() -> None:
    spent = create_enrolment_link(Role.LEAD)
    use(spent)
    unknown = spent.replace(token_of(spent), "x" * 43)
    answers = [Client().get(path) for path in (spent, unknown)]
    assert [answer.status_code for answer in answers] == [410, 410]
    assert answers[0].content.replace(spent.encode(), b"") == answers[1].content.replace(unknown.encode(), b"")


def test_an_invitation_to_one_address_cannot_take_another() -> None:
    path = create_enrolment_link(Role.PILOT, email="Chosen@Example.org")
    assert use(path, email="intruder@example.org")[0] == 302
    assert list(User.objects.values_list("email", flat=True)) == ["chosen@example.org"]


def test_a_link_never_takes_over_an_account_that_can_sign_in() -> None:
    victim = make_person(Role.ADMINISTRATOR)
    before = victim.user.password
    path = create_enrolment_link(Role.PILOT)
    assert use(path, email=victim.email)[0] == 422
    victim.user.refresh_from_db()
    assert victim.user.password == before
    assert use(path)[0] == 302, "a refusal does not spend the link"


def test_weak_or_different_passwords_do_not_spend_the_link() -> None:
    path = create_enrolment_link(Role.PILOT)
    assert use(path, password="short", again="short")[0] == 422
    assert use(path, again="another password here")[0] == 422
    assert use(path, password="motdepasse", again="motdepasse")[0] == 422
    assert use(path)[0] == 302


def test_a_password_without_its_second_factor_opens_nothing() -> None:
    use(create_enrolment_link(Role.LEAD))
    browser = Client()
    answer = browser.post("/account/sign-in/", {"login": "new@example.org", "password": PASSWORD})
    assert answer.status_code == 403
    assert "_auth_user_id" not in browser.session
    assert LiveSession.objects.count() == 0


def test_an_unfinished_enrolment_is_taken_up_by_a_new_link() -> None:
    use(create_enrolment_link(Role.LEAD, email="new@example.org"))
    assert use(create_enrolment_link(Role.LEAD, email="new@example.org"))[0] == 302
    assert User.objects.count() == 1


def test_the_first_administrators_link_is_renewed_until_one_can_sign_in() -> None:
    first, second = first_administrator_link(), first_administrator_link()
    assert first is not None
    assert second is not None
    assert use(first) == (410, "")
    assert use(second)[0] == 302
    assert first_administrator_link() is not None, "a password alone is not an administrator"
    make_person(Role.ADMINISTRATOR)
    assert first_administrator_link() is None


def test_restoring_ends_every_session_and_factor_at_once() -> None:
    person = make_person(Role.OPERATOR)
    browser = signed_in(person)
    assert browser.get("/account/").status_code == 200
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 1
    path = restore_link(User.objects.get(pk=person.user.pk), by=None)
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 0
    assert browser.get("/account/").status_code == 302
    assert use(path)[0] == 302
    person.user.refresh_from_db()
    assert person.user.display_name.startswith("Person")
    assert list(person.user.grants.values_list("role", flat=True)) == ["operator"]


def test_every_use_is_in_the_history() -> None:
    boss = make_person(Role.ADMINISTRATOR)
    use(create_enrolment_link(Role.LEAD, invited_by=boss.user))
    user = User.objects.get(email="new@example.org")
    tags = list(AccountEvent.objects.filter(subject_id=user.pk).order_by("pk").values_list("tag", "actor_id"))
    assert tags == [
        ("account:link:opened", user.pk),
        ("account:person:enrolled", user.pk),
        ("account:role:granted", boss.user.pk),
    ]


def test_a_switched_off_account_is_not_reopened_by_a_link() -> None:
    person = make_person(factor=False)
    User.objects.filter(pk=person.user.pk).update(is_active=False)
    outcome = enrol(
        token_of(create_enrolment_link(Role.LEAD)),
        email=person.email,
        display_name="x",
        password=PASSWORD,
        language="fr",
    )
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "account_inactive"
