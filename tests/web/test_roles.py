"""Roles: predicates compose, pages obey them, changes are audited and reach what is already open."""

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.accounts import grants
from necmergitur.web.accounts.models import AccountEvent, LiveSession, User
from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import (
    RoleRefused,
    holds,
    is_administrator,
    is_duty_officer,
    is_lead,
    is_operator,
    is_pilot,
    is_signed_in,
    require,
    roles_of,
)
from tests.web.persons import make_person, signed_in

pytestmark = pytest.mark.django_db

# Open to anyone: no data about anybody is behind them.
PUBLIC = {
    "portal:home",
    "portal:preferences",
    "accounts:enrol",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_set_password",
    "mfa_login_webauthn",
}


@require(is_lead | is_duty_officer)
def page_for_leads(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def ask(view: Callable[..., Any], user: User | AnonymousUser) -> Any:
    request = RequestFactory().get("/x/?y=1")
    request.user = user
    return view(request)


def test_a_role_opens_what_it_may_and_nothing_else() -> None:
    for role in Role:
        user = make_person(role, factor=False).user
        assert [each for each in Role if holds(each)(user)] == [role]


def test_predicates_compose() -> None:
    lead, pilot, both = (make_person(*roles, factor=False).user for roles in (["lead"], ["pilot"], ["lead", "pilot"]))
    assert [(is_lead | is_pilot)(user) for user in (lead, pilot, both)] == [True, True, True]
    assert [(is_lead & is_pilot)(user) for user in (lead, pilot, both)] == [False, False, True]
    assert [(is_lead & ~is_pilot)(user) for user in (lead, pilot, both)] == [True, False, False]


def test_no_rule_not_even_a_negation_holds_for_a_stranger_or_a_switched_off_account() -> None:
    gone = make_person("lead", factor=False).user
    gone.is_active = False
    rules = [holds(role) for role in Role]
    every = [is_signed_in, *rules, *(~rule for rule in rules), *(a | b for a, b in combinations(rules, 2))]
    assert [rule for rule in every for user in (AnonymousUser(), None, gone) if rule(user)] == []


def test_a_stranger_is_sent_to_sign_in_and_back() -> None:
    answer = ask(page_for_leads, AnonymousUser())
    assert (answer.status_code, answer.url) == (302, "/account/sign-in/?next=/x/%3Fy%3D1")


def test_a_wrong_role_is_refused_and_told_which_roles_may() -> None:
    with pytest.raises(RoleRefused) as refused:
        ask(page_for_leads, make_person("pilot", "technician", factor=False).user)
    assert refused.value.roles == (Role.LEAD, Role.DUTY_OFFICER)
    assert ask(page_for_leads, make_person("lead", factor=False).user).status_code == 200


def test_a_planted_open_page_is_caught() -> None:
    """The sweep below sees a page that forgot its guard."""

    def forgot(request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    assert unguarded([("planted", forgot), ("guarded", page_for_leads)]) == ["planted"]


def unguarded(views: list[tuple[str, Callable[..., Any]]]) -> list[str]:
    """Names of the views that answer a stranger with anything but the way to sign in."""
    found = []
    for name, view in views:
        if getattr(view, "rule", None) is not None:
            continue
        try:
            answer = ask(view, AnonymousUser())
        except Exception:  # noqa: BLE001 -- a view that cannot even run for a stranger shows nothing
            continue
        if answer.status_code == 200:
            found.append(name)
    return found


def ours(resolver: URLResolver, prefix: str = "") -> list[tuple[str, str, Callable[..., Any]]]:
    found: list[tuple[str, str, Callable[..., Any]]] = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            name = f"{prefix}{entry.name}"
            found.append((name, entry.callback.__module__, entry.callback))
        else:
            found += ours(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
    return found


def test_every_page_of_accounts_and_public_pages_is_guarded_or_named_public() -> None:
    rooms = ("necmergitur.web.accounts.", "necmergitur.web.portal.")
    views = [(name, view) for name, module, view in ours(get_resolver()) if module.startswith(rooms)]
    assert len(views) > 10
    assert [name for name in unguarded(views) if name not in PUBLIC] == []


def test_giving_and_taking_a_role_is_audited_once_each() -> None:
    boss, person = make_person("administrator"), make_person(factor=False)
    for _again in range(2):
        grants.grant_role(person.user, Role.PILOT, by=boss.user)
    for _again in range(2):
        assert grants.revoke_role(person.user, Role.PILOT, by=boss.user) is None
    events = AccountEvent.objects.filter(subject_id=person.user.pk).order_by("pk")
    assert list(events.values_list("tag", "actor_id", "details")) == [
        ("account:role:granted", boss.user.pk, {"role": "pilot"}),
        ("account:role:revoked", boss.user.pk, {"role": "pilot"}),
    ]


def test_a_revoked_role_leaves_open_sessions_at_once() -> None:
    boss, person = make_person("administrator"), make_person("operator", "pilot")
    browser = signed_in(person)
    browser.get("/account/")
    assert LiveSession.objects.get(user_id=person.user.pk).roles == ["operator", "pilot"]
    grants.revoke_role(person.user, Role.PILOT, by=boss.user)
    assert LiveSession.objects.get(user_id=person.user.pk).roles == ["operator"]
    assert roles_of(User.objects.get(pk=person.user.pk)) == {Role.OPERATOR}


def test_the_last_administrator_stays() -> None:
    boss = make_person("administrator")
    refusal = grants.revoke_role(boss.user, Role.ADMINISTRATOR, by=boss.user)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == "last_administrator"
    assert isinstance(grants.deactivate(boss.user, by=boss.user), Refusal)
    assert is_administrator(User.objects.get(pk=boss.user.pk))
    other = make_person("administrator")
    assert grants.deactivate(boss.user, by=other.user) is None
    assert isinstance(grants.deactivate(other.user, by=other.user), Refusal)


def test_a_switched_off_account_is_out_at_its_next_click() -> None:
    boss, person = make_person("administrator"), make_person("operator")
    browser = signed_in(person)
    assert browser.get("/account/").status_code == 200
    grants.deactivate(person.user, by=boss.user)
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 0
    assert browser.get("/account/").status_code == 302


def test_switched_on_again_a_person_signs_in_again() -> None:
    boss, person, other = make_person("administrator"), make_person("operator"), make_person("operator")
    browser, colleague = signed_in(person), signed_in(other)
    assert browser.get("/account/").status_code == colleague.get("/account/").status_code == 200
    grants.deactivate(person.user, by=boss.user)
    grants.reactivate(person.user, by=boss.user)
    # Neither the pages nor the live process know the old browser: a session without its ticket would be half a session.
    assert browser.get("/account/").status_code == 302
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 0
    assert colleague.get("/account/").status_code == 200
    assert signed_in(person).get("/account/").status_code == 200
    assert LiveSession.objects.filter(user_id=person.user.pk).count() == 1


def test_a_prolonged_session_prolongs_its_ticket() -> None:
    person = make_person("operator")
    browser = signed_in(person)
    browser.get("/account/")
    soon = timezone.now() + timedelta(minutes=1)
    LiveSession.objects.update(expires_at=soon)
    browser.get("/account/")
    assert LiveSession.objects.get().expires_at == soon, "a page that saves no session writes no ticket"
    browser.post("/account/again/", {"password": person.password})
    assert LiveSession.objects.get().expires_at > soon
    kept = Session.objects.get(session_key=browser.cookies["sessionid"].value).expire_date
    assert abs(LiveSession.objects.get().expires_at - kept) < timedelta(seconds=30)


def test_only_an_administrator_changes_roles_and_invites() -> None:
    lead, target = make_person("lead"), make_person("pilot")
    browser = signed_in(lead)
    assert browser.get("/account/people/").status_code == 200
    assert browser.get(f"/account/people/{target.user.pk}/").status_code == 200
    assert browser.post(f"/account/people/{target.user.pk}/", {"roles": ["administrator"]}).status_code == 403
    assert browser.post(f"/account/people/{lead.user.pk}/", {"roles": ["administrator", "lead"]}).status_code == 403
    assert browser.post(f"/account/people/{target.user.pk}/switch/", {"off": "1"}).status_code == 403
    assert browser.get("/account/people/invite/").status_code == 403
    assert roles_of(User.objects.get(pk=target.user.pk)) == {Role.PILOT}
    for role in (Role.OPERATOR, Role.PILOT, Role.TECHNICIAN, Role.RESPONDER):
        assert signed_in(make_person(role)).get("/account/people/").status_code == 403


def test_an_administrator_sets_roles_and_invites() -> None:
    boss, target = make_person("administrator"), make_person("pilot")
    browser = signed_in(boss)
    answer = browser.post(f"/account/people/{target.user.pk}/", {"roles": ["lead", "duty_officer"]})
    assert answer.status_code == 302
    assert roles_of(User.objects.get(pk=target.user.pk)) == {Role.LEAD, Role.DUTY_OFFICER}
    made = browser.post("/account/people/invite/", {"email": "new@example.org", "role": "pilot"})
    assert made.status_code == 200
    assert b"/account/enrol/" in made.content


@pytest.mark.parametrize("people", [1, 3])
def test_the_list_of_people_costs_the_same_queries_for_one_or_three(
    people: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    browser = signed_in(make_person("administrator"))
    browser.get("/account/people/")
    for _each in range(people - 1):
        make_person("operator", "pilot")
    with django_assert_num_queries(8):
        assert browser.get("/account/people/").status_code == 200


def test_refused_page_names_the_roles_in_the_readers_language() -> None:
    for language, word in (("en", "Duty officer"), ("fr", "Cadre d")):
        page = signed_in(make_person("pilot", language=language)).get("/account/people/")
        assert page.status_code == 403
        assert word in page.content.decode()


def test_operator_is_not_let_in_by_another_role() -> None:
    assert not is_operator(make_person("lead", "administrator", factor=False).user)
    assert Client().get("/account/people/").status_code == 302


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.OPERATOR, "/console/"),
        (Role.PILOT, "/console/pilot/"),
        (Role.TECHNICIAN, "/console/"),
        (Role.RESPONDER, "/field/"),
        (Role.ADMINISTRATOR, "/account/people/"),
    ],
)
def test_who_signs_in_lands_where_they_work(role: Role, address: str) -> None:
    assert signed_in(make_person(role)).get("/account/start/").headers["Location"] == address
