"""The letter: asked for, confirmed from the mailbox, sent once to each, left with one click and then erased."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from necmergitur.web.commons import letters, mailing, views_letter
from necmergitur.web.commons.constants import AGAIN_AFTER, CONFIRM_LASTS, HANDED_WITHIN, SUBSCRIPTIONS_MAX
from necmergitur.web.commons.models import Delivery, Letter, Reader, Way
from necmergitur.web.dialogue.limits import Limit
from tests.web.commons.lending import HERE, anybody
from tests.web.commons.mailbox import Mailbox, mailbox
from tests.web.pages import City
from tests.web.serving import ROOT

DESK = f"{HERE}letter/"
PUBLIC = "/programme/letter/"
ADA = "ada@example.org"
WORDS = {
    "title_fr": "Lettre n° 1", "text_fr": "Ce qui a été essayé.\nhttps://ville.example/essai",
    "title_en": "Letter 1", "text_en": "What was tried.",
}  # fmt: skip
WORKER = """
import os, sys
from necmergitur.web.boot import boot
boot()
from datetime import datetime, UTC
from necmergitur.adapters.messages import MailServer, Messenger
from necmergitur.web.commons.mailing import turn
mail = MailServer(host="127.0.0.1", port=int(sys.argv[1]), user="", password="", sender="ville@example.org", tls=None,
    from_the_first=False)
print("ready", flush=True)
while True:
    turn(Messenger(mail, None), lambda: datetime.now(UTC))
"""


@pytest.fixture(autouse=True)
def mail_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """This city sends mail, and nobody was counted."""
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    monkeypatch.setattr(views_letter, "asked", Limit(SUBSCRIPTIONS_MAX))
    monkeypatch.setattr(views_letter, "asked_for", Limit(100))


@pytest.fixture
def inbox() -> Iterator[Mailbox]:
    with mailbox(Mailbox) as made:
        yield made


def turn(inbox: Mailbox, later: timedelta = timedelta()) -> int:
    return mailing.turn(inbox.messenger, lambda: timezone.now() + later)


def asked(email: str = ADA, language: str = "en") -> str:
    answer = anybody(language).post(PUBLIC, {"email": email, "language": language})
    return f"{answer.status_code} {answer.get('Location', '')}"


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/programme/letter/\S+)", text)
    assert found is not None, text
    return found[1]


def reads(email: str = ADA, language: str = "en") -> Reader:
    """Make a reader who confirmed."""
    letters.ask(email, language, timezone.now())
    Reader.objects.filter(email=email).update(mail_due=False, confirmed_at=timezone.now())
    return Reader.objects.get(email=email)


def sent(city: City) -> Letter:
    """Write an issue and send it."""
    analyst = city.client("analyst")
    here = analyst.post(f"{DESK}new/", WORDS)["Location"]
    assert analyst.post(f"{here}act/", {"do": "send"}).status_code == 302
    return Letter.objects.order_by("-pk")[0]


def test_somebody_becomes_a_reader_by_a_button_behind_a_link_in_their_own_mailbox(city: City, inbox: Mailbox) -> None:
    assert asked(" Ada@Example.ORG ") == f"302 {PUBLIC}asked/"
    assert turn(inbox) == 1 and inbox.came[0][0] == ADA
    confirm = link_in(inbox.last())
    assert confirm.split("/")[-2] not in str(Reader.objects.values()), "a digest alone is kept"
    for _ in range(3):
        assert ADA in anybody().get(confirm).content.decode()
    assert not Reader.objects.exclude(confirmed_at=None).exists(), "programs that look through mail open links"
    assert "You get the letter" in anybody().post(confirm).content.decode()
    assert Reader.objects.exclude(confirmed_at=None).count() == 1
    assert anybody().post(confirm).status_code == 404, "once"


def test_the_answer_is_the_same_for_an_address_that_is_known(city: City, inbox: Mailbox) -> None:
    reads()
    Reader.objects.update(mailed_at=timezone.now() - timedelta(days=2))
    assert asked(ADA) == asked("new@example.org") == f"302 {PUBLIC}asked/"
    turn(inbox)
    said = {to: str(mail.get_content()) for to, mail in inbox.came}
    assert "You get it already" in said[ADA] and "press the button" in said["new@example.org"]
    assert Reader.objects.get(email=ADA).confirmed_at is not None


def test_nobodys_mailbox_is_filled_by_our_form(city: City, inbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views_letter, "asked", Limit(100))
    for _ in range(6):
        assert asked().startswith("302")
        turn(inbox)
    assert len(inbox.came) == 1, "one a day"
    monkeypatch.setattr(views_letter, "asked_for", Limit(0))
    assert (
        asked("other@example.org").startswith("302") and not Reader.objects.filter(email="other@example.org").exists()
    )


def test_one_network_asks_so_often_and_no_more(city: City) -> None:
    answers = [asked(f"a{number}@example.org")[:3] for number in range(SUBSCRIPTIONS_MAX + 1)]
    assert answers == ["302"] * SUBSCRIPTIONS_MAX + ["429"]


@pytest.mark.parametrize(
    "email", ["nobody", "a@b", "a b@example.org", "a@example.org\nBcc: all@example.org", "0612345678"]
)
def test_what_is_no_address_is_refused_and_stays_typed(city: City, email: str) -> None:
    answer = anybody().post(PUBLIC, {"email": email, "language": "en"})
    assert answer.status_code == 422 and email.split("\n", maxsplit=1)[0] in answer.content.decode()
    assert not Reader.objects.exists()


def test_a_confirmation_lapses_and_its_address_is_erased(city: City, inbox: Mailbox) -> None:
    asked()
    turn(inbox)
    confirm = link_in(inbox.last())
    Reader.objects.update(confirm_until=timezone.now(), asked_at=timezone.now() - CONFIRM_LASTS)
    assert anybody().get(confirm).status_code == 404 and anybody().post(confirm).status_code == 404
    turn(inbox)
    assert not Reader.objects.exists()


def test_an_address_whose_server_puts_us_off_holds_up_nobody_and_is_erased_in_time(city: City, inbox: Mailbox) -> None:
    inbox.refused["slow@example.org"] = "451 not now"
    asked("slow@example.org")
    asked(ADA)
    assert turn(inbox) == 0
    assert turn(inbox) == 1 and [to for to, _mail in inbox.came] == [ADA]
    before = Reader.objects.get(email="slow@example.org").mailed_at
    turn(inbox)
    assert Reader.objects.get(email="slow@example.org").mailed_at == before, "not at once"
    turn(inbox, AGAIN_AFTER + timedelta(minutes=1))
    assert Reader.objects.get(email="slow@example.org").mailed_at != before
    Reader.objects.filter(email="slow@example.org").update(asked_at=timezone.now() - CONFIRM_LASTS)
    turn(inbox)
    assert [one.email for one in Reader.objects.all()] == [ADA]


def test_an_issue_goes_once_to_each_in_their_language_with_a_way_out_of_one_click(city: City, inbox: Mailbox) -> None:
    reads()
    reads("bob@example.org", "fr")
    asked("waits@example.org")
    Reader.objects.filter(email="waits@example.org").update(mail_due=False)
    letter = sent(city)
    assert turn(inbox) == 2 and turn(inbox) == 0
    came = dict(inbox.came)
    assert set(came) == {ADA, "bob@example.org"}
    assert came[ADA]["Subject"] == "Letter 1" and came["bob@example.org"]["Subject"] == "Lettre n° 1"
    mail = came[ADA]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    out = mail["List-Unsubscribe"].strip("<>")
    assert out in mail.get_content() and link_in(out)
    assert mailing.counts(letter)[Way.SENT] == 2
    answer = Client(enforce_csrf_checks=True).post(link_in(out), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not Reader.objects.filter(email=ADA).exists()
    assert Client().post(link_in(out)).status_code == 200, "again is no harm"
    assert mailing.counts(letter)[Way.SENT] == 2, "what was sent stays counted, and names nobody"


def test_opening_the_way_out_erases_nobody_and_shows_what_is_kept(city: City) -> None:
    out = link_in(letters.way_out(reads()))
    page = anybody().get(out)
    assert ADA in page.content.decode() and page["Referrer-Policy"] == "same-origin"
    assert anybody().get(f"{out}?data=1").json()["email"] == ADA
    assert Reader.objects.count() == 1
    assert anybody().get(out[:-3] + "abc/").status_code == 404, "nobody makes one"


def test_who_left_before_their_turn_gets_nothing(city: City, inbox: Mailbox) -> None:
    reader = reads()
    reads("bob@example.org")
    letter = sent(city)
    letters.erase(reader)
    turn(inbox)
    assert [to for to, _mail in inbox.came] == ["bob@example.org"]
    assert mailing.counts(letter)[Way.LEFT] == 1


def test_a_worker_killed_again_and_again_sends_nobody_the_same_twice(city: City, inbox: Mailbox) -> None:
    for number in range(40):
        reads(f"r{number}@example.org")
    letter = sent(city)
    environ = {**os.environ, "NEC_DATABASE_URL": city.url, "PYTHONPATH": str(ROOT / "src")}
    for most in (9, 40):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(inbox.port)], env=environ, stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        inbox.wait(min(most, 39))  # what was under way when it was killed may not have left
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    turn(inbox, HANDED_WITHIN)
    turn(inbox, HANDED_WITHIN)
    to = [address for address, _mail in inbox.came]
    stands = mailing.counts(letter)
    assert len(to) == len(set(to)), "nobody gets it twice"
    assert stands[Way.SENT] + stands[Way.UNSURE] == 40 and stands[Way.UNSURE] <= 2
    assert len(to) >= stands[Way.SENT] >= 38


def test_a_connection_that_breaks_when_the_mail_was_taken_is_not_tried_again(city: City, inbox: Mailbox) -> None:
    reads()
    letter = sent(city)
    inbox.hangs_up = True
    assert turn(inbox) == 0 and len(inbox.came) == 1
    inbox.hangs_up = False
    assert turn(inbox, timedelta(days=1)) == 0
    assert mailing.counts(letter)[Way.UNSURE] == 1 and len(inbox.came) == 1


def test_what_was_not_taken_is_tried_again_later_under_the_same_name(city: City, inbox: Mailbox) -> None:
    reads()
    letter = sent(city)
    inbox.answer = "451 later"
    assert turn(inbox) == 0 and mailing.counts(letter)[Way.DUE] == 1
    inbox.answer = "250 taken"
    assert turn(inbox) == 0, "not at once"
    assert turn(inbox, timedelta(minutes=16)) == 1
    assert inbox.came[0][1]["Message-ID"] == f"<letter-{letter.pk}-{Delivery.objects.get().pk}@example.org>"


def test_an_address_whose_server_refuses_two_issues_for_good_is_erased(city: City, inbox: Mailbox) -> None:
    reads()
    reads("bob@example.org")
    inbox.refused[ADA] = "550 nobody here"
    for left in (2, 1):
        letter = sent(city)
        turn(inbox)
        assert (mailing.counts(letter)[Way.REFUSED], mailing.counts(letter)[Way.SENT]) == (1, 1)
        assert Reader.objects.count() == left
    assert [one.email for one in Reader.objects.all()] == ["bob@example.org"]


def test_an_issue_is_looked_at_sent_held_and_goes_on(city: City, inbox: Mailbox) -> None:
    reads()
    analyst = city.client("analyst")
    answer = analyst.post(f"{DESK}new/", WORDS | {"title_en": ""})
    assert answer.status_code == 422 and "Ce qui a été essayé." in answer.content.decode()
    here = analyst.post(f"{DESK}new/", WORDS)["Location"]
    page = analyst.get(here).content.decode()
    assert "What was tried." in page and "Ce qui a été essayé." in page and "Send it to 1 reader" in page
    assert '<a href="https://ville.example/essai"' in page
    letter = Letter.objects.get()
    assert anybody().get(f"{PUBLIC}{letter.pk}/").status_code == 404, "not before it left"
    assert city.client("lead").post(f"{here}act/", {"do": "send"}).status_code == 403
    analyst.post(f"{here}act/", {"do": "send"})
    assert analyst.post(f"{here}act/", {"do": "send"}).status_code == 409
    assert analyst.get(here)["Refresh"] == "10"
    analyst.post(f"{here}act/", {"do": "hold"})
    assert turn(inbox) == 0
    analyst.post(f"{here}act/", {"do": "go"})
    assert turn(inbox) == 1
    page = analyst.get(here)
    assert "1 / 1" in page.content.decode() and "Refresh" not in page
    assert analyst.post(f"{here}write/", WORDS).status_code == 404
    assert "What was tried." in anybody().get(f"{PUBLIC}{letter.pk}/").content.decode()
    assert "Letter 1" in anybody().get(PUBLIC).content.decode()


def test_without_a_way_to_send_there_is_no_form_and_nothing_is_sent(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads()
    analyst = city.client("analyst")
    here = analyst.post(f"{DESK}new/", WORDS)["Location"]
    monkeypatch.setattr(settings, "EMAIL_HOST", "")
    monkeypatch.setattr(settings, "DEMO", False)
    assert "This city sends no mail" in anybody().get(PUBLIC).content.decode()
    assert 'name="email"' not in anybody().get("/programme/").content.decode()
    assert analyst.post(f"{here}act/", {"do": "send"}).status_code == 409
    assert "NEC_MAIL_URL" in analyst.get(DESK).content.decode()


def test_the_form_is_on_the_programmes_own_page(city: City) -> None:
    page = anybody("fr").get("/programme/").content.decode()
    assert f'action="{PUBLIC}"' in page and 'name="language" value="fr"' in page


def test_the_desk_finds_one_address_gives_it_away_and_erases_it_and_no_list(city: City) -> None:
    reads()
    reads("bob@example.org")
    analyst = city.client("analyst")
    assert ADA not in analyst.get(DESK).content.decode()
    assert ADA in analyst.post(f"{DESK}readers/", {"email": "ADA@example.org"}).content.decode()
    assert analyst.post(f"{DESK}readers/", {"email": ADA, "do": "data"}).json()["email"] == ADA
    analyst.post(f"{DESK}readers/", {"email": ADA, "do": "erase"})
    assert [one.email for one in Reader.objects.all()] == ["bob@example.org"]
    assert city.client("lead").post(f"{DESK}readers/", {"email": ADA}).status_code == 403
    with psycopg.connect(city.url) as connection:
        assert connection.execute("SELECT count(*) FROM ledger_event WHERE payload::text LIKE '%ada@%'").fetchone() == (
            0,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE commons_delivery SET way = 'due'",
        "UPDATE commons_letter SET text_en = 'another'",
        "UPDATE commons_letter SET sent_at = NULL",
    ],
)
def test_postgresql_sends_nothing_twice_and_rewrites_nothing_that_left(
    city: City, inbox: Mailbox, statement: str
) -> None:
    reads()
    sent(city)
    turn(inbox)
    with psycopg.connect(city.url) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement)
    assert refused.value.sqlstate == "NM028"
