"""A lost second factor comes back through two other people, never one, never oneself."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import recovery, second_factor
from necmergitur.web.accounts.models import AccountEvent, RecoveryRequest, User
from necmergitur.web.accounts.recovery import Approver, approve_recovery, request_recovery, restore_from_shell
from tests.web.persons import PASSWORD, Person, make_person, signed_in

pytestmark = pytest.mark.django_db


def rule_of(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.rule


def approver(person: Person, **changes: str) -> Approver:
    return Approver(**{"email": person.email, "password": PASSWORD, "code": person.code()} | changes)


def asked(person: Person, by: Person) -> RecoveryRequest:
    outcome = request_recovery(person.user, by=by.user, reason="in front of me")
    assert isinstance(outcome, RecoveryRequest)
    return outcome


def test_two_people_restore_a_third() -> None:
    lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    path = approve_recovery(asked(lost, lead).pk, by=officer.user)
    assert isinstance(path, str)
    assert not second_factor.has_second_factor(lost.user)
    browser = Client()
    assert browser.post(path, {"password": PASSWORD + "!", "again": PASSWORD + "!"}).status_code == 302
    assert User.objects.get(pk=lost.user.pk).check_password(PASSWORD + "!")
    tags = list(
        AccountEvent.objects.filter(tag__startswith="account:recovery").values_list("tag", "actor_id", "subject_id")
    )
    assert tags == [
        ("account:recovery:requested", lead.user.pk, lost.user.pk),
        ("account:recovery:approved", officer.user.pk, lost.user.pk),
    ]


def test_asking_alone_removes_nothing() -> None:
    lost, lead = make_person("pilot"), make_person("lead")
    asked(lost, lead)
    assert second_factor.has_second_factor(lost.user)


def test_one_person_cannot_be_both() -> None:
    lost, lead = make_person("pilot"), make_person("lead")
    assert rule_of(approve_recovery(asked(lost, lead).pk, by=lead.user)) == "same_person"
    assert second_factor.has_second_factor(lost.user)


def test_nobody_takes_part_in_restoring_themselves() -> None:
    lost, lead = make_person("administrator"), make_person("lead")
    assert rule_of(request_recovery(lost.user, by=lost.user, reason="me")) == "own_account"
    assert rule_of(approve_recovery(asked(lost, lead).pk, by=lost.user)) == "own_account"


@pytest.mark.parametrize("role", ["operator", "pilot", "technician", "responder"])
def test_other_roles_neither_ask_nor_approve(role: str) -> None:
    lost, lead, other = make_person("pilot"), make_person("lead"), make_person(role)
    assert rule_of(request_recovery(lost.user, by=other.user, reason="x")) == "not_allowed"
    assert rule_of(approve_recovery(asked(lost, lead).pk, by=other.user)) == "not_allowed"


def test_a_request_closes_after_an_hour_and_after_its_approval() -> None:
    lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    late = asked(lost, lead)
    RecoveryRequest.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert rule_of(approve_recovery(late.pk, by=officer.user)) == "recovery_closed"
    request = asked(lost, lead)
    assert isinstance(approve_recovery(request.pk, by=officer.user), str)
    assert rule_of(approve_recovery(request.pk, by=officer.user)) == "recovery_closed"


def test_the_shell_needs_two_people_each_proven_by_password_and_code() -> None:
    lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    wrong = "000000" if officer.code() != "000000" else "111111"
    one = [approver(lead)]
    assert rule_of(restore_from_shell(lost.email, one, reason="x")) == "two_people"
    for second in (
        approver(officer, password="not the password"),
        approver(officer, code=wrong),
        approver(officer, code=""),
    ):
        assert (
            rule_of(restore_from_shell(lost.email, [approver(make_person("lead")), second], reason="x")) == "not_proven"
        )
    assert second_factor.has_second_factor(lost.user)
    path = restore_from_shell(lost.email, [approver(lead), approver(officer)], reason="3 a.m.")
    assert isinstance(path, str)
    assert not second_factor.has_second_factor(lost.user)


def test_the_shell_refuses_the_same_person_twice_and_undoes_the_request() -> None:
    lost, lead = make_person("pilot"), make_person("lead")
    spare = make_person("lead")
    assert (
        rule_of(restore_from_shell("nobody@example.org", [approver(lead), approver(spare)], reason="x"))
        == "unknown_person"
    )
    twice = [approver(lead), approver(lead, code=recovery_code(lead))]
    assert rule_of(restore_from_shell(lost.email, twice, reason="x")) == "same_person"
    assert RecoveryRequest.objects.count() == 0


def recovery_code(person: Person) -> str:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return RecoveryCodes.activate(person.user).get_unused_codes()[0]


def test_guessing_at_the_shell_is_stopped() -> None:
    lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    tries = [approver(lead, password="wrong"), approver(officer)]
    rules = [
        rule_of(restore_from_shell(lost.email, tries, reason="x")) for _each in range(recovery.SHELL_ATTEMPTS_MAX + 1)
    ]
    assert rules == ["not_proven"] * recovery.SHELL_ATTEMPTS_MAX + ["too_many_attempts"]
    assert (
        rule_of(restore_from_shell(lost.email, [approver(lead), approver(officer)], reason="x")) == "too_many_attempts"
    )


def test_the_pages_do_the_same() -> None:
    lost, lead, officer = make_person("pilot"), make_person("lead"), make_person("duty_officer")
    first, second = signed_in(lead), signed_in(officer)
    assert first.post(f"/account/people/{lost.user.pk}/recovery/", {"reason": "called back"}).status_code == 302
    request = RecoveryRequest.objects.get()
    assert first.post(f"/account/recovery/{request.pk}/approve/").status_code == 409
    assert "called back" in second.get("/account/people/").content.decode()
    shown = second.post(f"/account/recovery/{request.pk}/approve/")
    assert shown.status_code == 200
    assert b"/account/enrol/" in shown.content


def test_the_last_factor_cannot_be_removed_by_its_holder() -> None:
    person = make_person("pilot")
    browser = signed_in(person)
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.user.pk)
    session.save()
    answer = browser.post("/account/security/totp/deactivate/", {})
    assert answer.status_code == 200
    assert second_factor.has_second_factor(person.user)


def test_secrets_of_apps_are_sealed_in_the_database() -> None:
    from allauth.mfa.models import Authenticator

    person = make_person("pilot")
    stored = Authenticator.objects.get(user=person.user)
    assert person.secret not in str(stored.data)
    assert stored.wrap().validate_code(person.code())
