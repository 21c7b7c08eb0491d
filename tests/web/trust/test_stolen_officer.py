"""An officer's account is stolen, and given back by two others: nothing of the thief's outlives that."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from necmergitur.web.accounts import enrolment, grants
from necmergitur.web.accounts.models import EnrolmentLink
from necmergitur.web.trust.signing import invitations
from tests.web.pages import City


def asks(path: str) -> int:
    return Client().get(path).status_code


def test_a_session_of_a_stolen_officer_ends_when_the_account_is_given_back(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, officer = city.client("dpo"), city.users["dpo"]
    assert thief.get("/trust/").status_code == 200
    with monkeypatch.context() as hole:
        hole.setattr(type(officer), "set_unusable_password", lambda _user: None)
        hole.setattr(enrolment.second_factor, "remove_all", lambda _user: None)
        hole.setattr(enrolment.tickets, "void_person", lambda _user: None)
        enrolment.restore_link(officer, by=None)
        assert thief.get("/trust/").status_code == 200, "the hole: the thief stays"
    enrolment.restore_link(officer, by=None)
    assert thief.get("/trust/").status_code in {302, 401, 403}


@pytest.mark.parametrize("end", ["given back", "switched off"])
def test_links_that_a_stolen_officer_sent_open_nothing_once_it_ended(
    city: City, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """A thief invites a party, as the State, and keeps the link: its key would sign for the State for ever."""
    officer = city.users["dpo"]
    token = invitations.invite("state", "Prefecture", officer, datetime.now(UTC))
    path = reverse("trust:party-enrol", args=[token])
    assert asks(path) == 200
    if end == "given back":
        enrolment.restore_link(officer, by=None)
    else:
        assert grants.deactivate(officer, by=None) is None
    with monkeypatch.context() as hole:
        hole.setattr(invitations, "stands", lambda _found: True)
        assert asks(path) == 200, "the hole: for 48 hours more"
    assert asks(path) == 410
    assert invitations.enrol(token, "", "", datetime.now(UTC)).rule == "link_not_usable"  # type: ignore[union-attr]
    honest = invitations.invite("state", "Prefecture", city.users["lead"], datetime.now(UTC))
    assert asks(reverse("trust:party-enrol", args=[honest])) == 200


def test_invitations_of_people_that_a_stolen_account_sent_are_void(city: City) -> None:
    administrator = city.users["administrator"]
    EnrolmentLink.objects.create(
        token_hash="0" * 64,
        purpose=EnrolmentLink.Purpose.INVITATION,
        role="dpo",
        email="thief@example.org",
        created_by=administrator,
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
    )
    enrolment.restore_link(administrator, by=None)
    assert not EnrolmentLink.objects.get(token_hash="0" * 64).usable(datetime.now(UTC))
