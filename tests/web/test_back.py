"""Nobody is sent to an address that only a form may use: it would be a blank page."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from tests.web.persons import make_person, signed_in

pytestmark = pytest.mark.django_db
FORM_ONLY = f"/console/incidents/{uuid4()}/note/"
HERE = "http://testserver"


@pytest.mark.parametrize(
    ("fields", "referer", "back"),
    [
        ({"next": "/console/?incident=1"}, "", "/console/%3Fincident%3D1"),
        ({"next": "https://elsewhere.example/"}, "", "/account/start/"),
        ({}, f"{HERE}/console/log/?hours=4", "/console/log/%3Fhours%3D4"),
        ({}, "https://elsewhere.example/console/log/", "/account/start/"),
        ({}, f"{HERE}//elsewhere.example/", "/account/start/"),
        ({}, "", "/account/start/"),
    ],
)
def test_signing_in_after_a_form_leads_to_a_page(fields: dict[str, str], referer: str, back: str) -> None:
    answer = Client(headers={"referer": referer} if referer else {}).post(FORM_ONLY, fields)
    assert (answer.status_code, answer.url) == (302, f"/account/sign-in/?next={back}")


def test_whoever_was_signed_out_learns_that_what_they_sent_was_not_kept() -> None:
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "was not kept" not in browser.get("/account/", follow=True).content.decode()
    sent = browser.post(FORM_ONLY, {"text": "A long note."}, follow=True).content.decode()
    assert "what you sent was not kept" in sent
    assert "was not kept" not in browser.get("/account/", follow=True).content.decode(), "once"


def test_changing_the_theme_on_a_refusal_leads_back_to_where_the_form_stood() -> None:
    browser = signed_in(make_person("pilot"))
    refused = browser.post("/account/people/invite/", headers={"referer": f"{HERE}/account/"})
    assert refused.status_code == 403
    assert '<input type="hidden" name="next" value="/account/">' in refused.content.decode()


def test_a_form_that_is_too_old_leads_back_to_where_it_stood() -> None:
    page = Client(enforce_csrf_checks=True).post(FORM_ONLY, headers={"referer": f"{HERE}/console/log/"})
    assert page.status_code == 403
    assert 'href="/console/log/"' in page.content.decode()


def test_a_broken_body_still_gets_its_page() -> None:
    huge = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    page = Client().post("/account/sign-in/", {"login": huge, "padding": huge})
    assert page.status_code in {400, 413}


def test_reading_an_address_that_only_a_form_uses_says_so_and_shows_the_way() -> None:
    browser = signed_in(make_person("operator"))
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = browser.get(FORM_ONLY)
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "Nothing to read here" in page.content.decode()
    assert 'href="/account/start/"' in page.content.decode()
