"""The form that says how one is: shown to anybody, shown again with what was typed, and never a dead end."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from necmergitur.people.crises import Crisis
from necmergitur.web.population import frame, state, words
from tests.web.population.opening import Opens

TYPED = {"name": "Amélie <Durand>", "status": "safe", "contact": "06 12", "tell1": "maman@", "language": "en"}
ONCE = re.compile(r'name="once" value="([A-Za-z0-9_-]{22})"')


def post(fields: dict[str, str], address: str = "/safe"):
    from urllib.parse import urlencode

    body = urlencode({"once": secrets.token_urlsafe(16), **fields})
    return Client().post(address, body, content_type="application/x-www-form-urlencoded")


def test_the_form_has_a_number_of_its_own_each_time_and_no_cookie(opened: Opens) -> None:
    opened()
    pages = [Client().get("/safe", headers={"Accept-Language": "en"}) for _ in range(2)]
    numbers = [ONCE.search(page.content.decode()) for page in pages]
    assert all(numbers) and numbers[0][1] != numbers[1][1]
    assert pages[0].cookies == {}
    assert "Halles: say how you are" in pages[0].content.decode()
    assert "7 days" in pages[0].content.decode()
    assert pages[0].headers["Content-Security-Policy"] == frame.policy()


def test_what_is_kept_for_a_day_is_said_so(opened: Opens) -> None:
    opened(kept=timedelta(days=1))
    page = Client().get("/safe?lang=en").content.decode()
    assert "within a day of the end" in page and "[[" not in page and "days" not in page.partition("No account")[2]


def test_without_a_crisis_it_says_so_calmly(opened: Opens) -> None:
    page = Client().get("/safe?lang=en").content.decode()
    assert "No crisis is open now" in page and "112" in page and "<form" not in page
    opened(drill=True)
    assert "<form" not in Client().get("/safe").content.decode()
    drill = Client().get("/drill/safe?lang=en").content.decode()
    assert "This is a drill. Nothing here is real." in drill and 'action="/drill/safe"' in drill


def test_a_field_to_mend_is_named_beside_it_and_at_the_top_and_nothing_typed_is_lost(opened: Opens) -> None:
    opened()
    once = secrets.token_urlsafe(16)
    page = post({**TYPED, "once": once})
    body = page.content.decode()
    assert page.status_code == 422
    assert 'lang="en"' in body
    for wrong in ("contact", "tell1"):
        assert f'href="#{wrong}"' in body and f'id="{wrong}-error"' in body
    assert 'value="Amélie &lt;Durand&gt;"' in body and 'value="06 12"' in body and 'value="maman@"' in body
    assert 'value="safe" required checked' in body
    assert f'value="{once}"' in body, "sent twice, it counts once"
    assert "<details open>" in body


def test_a_crisis_closed_meanwhile_is_said_and_what_was_typed_is_kept(
    opened: Opens, closes: Callable[[Crisis], None]
) -> None:
    closes(opened())
    page = post({"name": "Amélie", "status": "safe", "language": "en"})
    body = page.content.decode()
    assert page.status_code == 409
    assert "Not recorded: the crisis was closed" in body and 'value="Amélie"' in body and "112" in body


def test_what_could_not_be_recorded_is_to_be_sent_again_with_the_same_number(opened: Opens) -> None:
    opened()
    once = secrets.token_urlsafe(16)
    page = post({"name": "Amélie", "status": "safe", "language": "en", "once": once})
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert "Send again" in page.content.decode() and once in page.content.decode()


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1" * 5_000, b"", b"once=short&name=x", b"&".join([b"x=1"] * 40)])
def test_what_is_no_form_of_ours_gets_a_fresh_one(opened: Opens, body: bytes) -> None:
    opened()
    page = Client().post("/safe?lang=en", body, content_type="application/x-www-form-urlencoded")
    assert page.status_code == 400
    assert ONCE.search(page.content.decode())


def test_when_the_database_is_away_nobody_is_told_that_no_crisis_is_open(
    opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened()
    monkeypatch.setattr(state, "_looked_up", lambda: state.UNKNOWN)
    state.forget()
    page = Client().get("/safe?lang=en")
    assert page.status_code == 503
    assert "Try again" in page.content.decode() and "No crisis" not in page.content.decode()
    assert post({"name": "Amélie", "status": "safe", "language": "en"}).status_code == 503
    state.forget()


def test_every_field_has_a_label_and_every_rule_has_words() -> None:
    from necmergitur.people import checkins

    source = "".join(Path(module.__file__).read_text() for module in (checkins, checkins.contacts))
    rules = set(re.findall(r'_at\([^,]+, "([a-z_]+)"\)|Refusal\(rule="([a-z_]+)"', source))
    assert {one for pair in rules for one in pair if one} == set(words.PROBLEMS)
