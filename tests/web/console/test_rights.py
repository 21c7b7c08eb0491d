"""Every page and every command has a rule, and obeys it for every role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from necmergitur.web.accounts.roles import Role
from necmergitur.web.accounts.rules import RoleRefused
from necmergitur.web.console import acting
from tests.web.pages import ROLES, City

NOWHERE = "00000000-0000-7000-8000-00000000ffff"
# Open to anyone: the button's own page, the workers' code, and a token of the form guard.
PUBLIC = {
    "press:press",
    "press:ring",
    "press:enrol",
    "press:manifest",
    "press:worker",
    "press:rights",
    "field:worker",
    "field:csrf",
}
ROOMS = ("necmergitur.web.console", "necmergitur.web.field", "necmergitur.web.press", "necmergitur.web.api.partners")


def ours(resolver: URLResolver, prefix: str = "") -> list[tuple[str, Callable[..., Any]]]:
    found: list[tuple[str, Callable[..., Any]]] = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.callback.__module__.startswith(ROOMS):
                found.append((f"{prefix}{entry.name}", entry.callback))
        else:
            found += ours(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
    return found


def without_rule(views: list[tuple[str, Callable[..., Any]]]) -> set[str]:
    return {name for name, view in views if getattr(view, "rule", None) is None}


def test_every_page_has_a_rule_or_is_named_public() -> None:
    views = ours(get_resolver())
    assert len(views) > 50
    assert without_rule(views) == PUBLIC


def test_a_planted_page_without_a_rule_is_caught() -> None:
    def forgot(request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    assert without_rule([("planted", forgot)]) == {"planted"}


def test_a_stranger_is_sent_to_sign_in_by_every_page(city: City, client) -> None:
    for path in (
        "/console/",
        "/console/pilot/",
        "/console/log/",
        f"/console/incidents/{NOWHERE}/",
        "/field/",
        "/press/invite/",
    ):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/account/sign-in/"), path


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_its_own_pages_and_no_other(city: City, role: str) -> None:
    browser = city.client(role)
    room = {"operator", "lead", "duty_officer", "pilot"}
    staff = room | {"technician", "administrator"}
    for path, allowed in (
        ("/console/shifts/", room),
        ("/console/log/", room),
        ("/console/search/", room),
        ("/console/devices/", staff),
        ("/console/fleet/", staff),
        ("/console/airspace/", staff),
        ("/console/tests/", staff),
        ("/console/pilot/", {"pilot"}),
        ("/console/supervisor/", {"lead", "duty_officer", "administrator"}),
        ("/console/authorisations/", room | {"administrator"}),
        ("/console/authorisations/new/", {"lead"}),
        ("/console/partners/", {"administrator"}),
        ("/press/invite/", {"technician"}),
        ("/field/", {"responder", "operator", "lead", "duty_officer"}),
        ("/console/map/city.json", staff),
    ):
        assert (browser.get(path).status_code == 200) == (role in allowed), path


@pytest.mark.parametrize("role", ROLES)
def test_a_command_obeys_its_rule_for_every_role(city: City, role: str) -> None:
    browser = city.client(role)
    for action, (rule, _command) in acting.ACTIONS.items():
        form = {"service": "15", "body": "x", "into": NOWHERE}
        answer = browser.post(f"/console/incidents/{NOWHERE}/{action}/", form)
        assert (answer.status_code == 403) == (not rule(city.users[role])), action


def test_a_pilot_writes_a_note_but_closes_nothing(city: City) -> None:
    incident = city.press()
    browser = city.client("pilot")
    assert browser.post(f"/console/incidents/{incident}/note/", {"body": "wind"}).status_code == 303
    for action in ("close", "acknowledge", "hand_off", "merge", "stand_down"):
        assert browser.post(f"/console/incidents/{incident}/{action}/", {"outcome": "helped"}).status_code == 403
    page = browser.get(f"/console/incidents/{incident}/panel/").content.decode()
    assert 'data-action="note"' in page
    assert 'data-action="close"' not in page


def test_a_command_without_the_forms_own_token_is_refused(city: City) -> None:
    incident = city.press()
    browser = city.client("operator", enforce_csrf_checks=True)
    assert browser.post(f"/console/incidents/{incident}/acknowledge/").status_code == 403


def test_a_refused_role_is_told_which_roles_may(city: City) -> None:
    page = city.client("technician").get("/console/log/")
    assert page.status_code == 403
    assert "Operator" in page.content.decode()
    assert RoleRefused([Role.LEAD]).roles == (Role.LEAD,)
