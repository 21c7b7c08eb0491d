"""Letters of the programme: real mail, in the reader's language, once each, and no word about who is known."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from necmergitur.adapters.clock import SystemClock
from necmergitur.adapters.messages import messenger
from necmergitur.app.settings import Settings
from necmergitur.app.wiring import worker
from necmergitur.innovation.editions import Phase
from necmergitur.innovation.reviews import mailbox as key_of
from necmergitur.people.contacts import Contact
from necmergitur.people.letters import Written
from necmergitur.web.hackathon.models import Edition, Participant
from necmergitur.web.incubation.models import Application, Call
from necmergitur.web.letters import sending
from necmergitur.web.letters.constants import TO_ONE_MAX
from necmergitur.web.letters.models import Letter
from necmergitur.web.programme import links
from tests.web.hackathon.playing import Hackathon, somebody
from tests.web.incubation.test_incubation import APPLY, DESK, OTHER, WHY, applied, called
from tests.web.letters.mailbox import Inboxes, Mailbox
from tests.web.pages import City
from tests.web.serving import ROOT

AGAIN = "/programme/links/"
WORKER = """
import sys
from necmergitur.web.boot import boot
boot()
from datetime import datetime, UTC
from necmergitur.adapters.messages import messenger
from necmergitur.web.letters.sending import send_due
while True:
    send_due(messenger(f"smtp://127.0.0.1:{sys.argv[1]}", "city@example.org", "", ""), datetime.now(UTC))
"""
INBOXES = 'href="/demo/messages/"'


def address_in(text: str) -> str:
    """Return the private page a letter leads to."""
    (found,) = re.findall(rf"{re.escape(settings.ORIGIN.url)}(/programme/\S+)", text)
    return str(found)


def test_whoever_registers_has_the_link_by_mail_in_their_language_and_it_opens_their_page(
    played: Hackathon, mailbox: Mailbox
) -> None:
    page = played.apply(1)
    person = Participant.objects.get()
    Participant.objects.update(language="fr")
    Letter.objects.update(language="fr")
    assert (mailbox.turn(), mailbox.turn()) == (1, 0)
    ((subject, text),) = mailbox.to(person.email)
    assert "votre inscription" in subject and address_in(text) == page
    assert somebody().get(address_in(text)).status_code == 200
    kept = repr(list(Letter.objects.values()))
    assert person.email not in kept and page.split("/")[-2] not in kept, "no address and no link in a letter's row"


def test_teams_certificates_and_reminders_reach_those_they_are_for_once(played: Hackathon, mailbox: Mailbox) -> None:
    for number in range(1, 5):
        played.apply(number)
    people = list(Participant.objects.order_by("registered_at"))
    played.at(Phase.TEAMS)
    for one in people[:3]:
        played.analyst.post(f"/programme/hackathon/desk/spring/door/{one.badge}/")
    assert played.desk("match", teams="1", present="on").status_code == 302
    played.at(Phase.SUBMISSION)
    now = timezone.now()
    Edition.objects.update(review_at=now + timedelta(hours=1))
    for _ in range(2):
        sending.remind(now)
    played.at(Phase.RESULTS)
    for _ in range(2):
        played.desk("publish")
    while mailbox.turn():
        pass
    subjects = [[subject.split(": ")[1] for subject, _ in mailbox.to(one.email)] for one in people]
    there = ["handing in ends soon", "you are registered", "your team", "results and certificate"]
    assert [sorted(each) for each in subjects] == [sorted(there)] * 3 + [["you are registered"]]


def test_a_reminder_leaves_within_hours_of_the_end_and_never_after_it(played: Hackathon, mailbox: Mailbox) -> None:
    for number in range(1, 3):
        played.apply(number)
    played.at(Phase.TEAMS)
    played.desk("match", teams="1")
    played.at(Phase.SUBMISSION)
    now = timezone.now()
    Edition.objects.update(review_at=now + timedelta(hours=3))
    sending.remind(now)
    assert not Letter.objects.filter(kind="hand_in").exists(), "too early"
    Edition.objects.update(review_at=now + timedelta(hours=1))
    sending.remind(now)
    assert mailbox.turn(now + timedelta(hours=2)) == 4, "registration and team, twice"
    assert Letter.objects.filter(kind="hand_in", dropped_at__isnull=False).count() == 2


def test_an_applicant_is_told_the_decision_with_its_reason_and_reviewers_get_their_links(
    city: City, mailbox: Mailbox
) -> None:
    analyst, call = called(city)
    mine = applied(call).headers["Location"]
    applied(call, **OTHER)
    said = {"name": "Maud", "email": "maud@reader.example", "language": "fr"}
    page = analyst.post(f"{DESK}calls/{call.pk}/selection/invite/", said).content.decode()
    mailbox.turn()
    reader = address_in(mailbox.to("maud@reader.example")[0][1])
    assert reader in page and "votre page privée" in mailbox.to("maud@reader.example")[0][0]
    assert Client().post(reader, {"knows": ""}).status_code == 302
    Call.objects.update(closes_at=timezone.now() - timedelta(hours=1), read_by=timezone.now() + timedelta(days=1))
    analyst.post(f"{DESK}calls/{call.pk}/selection/assign/", {"each": "1"})
    for _ in range(2):
        sending.remind(timezone.now())
    mailbox.turn()
    subjects = [subject.split(": ")[1] for subject, _ in mailbox.to("maud@reader.example")]
    assert subjects == ["votre page privée", "candidatures à lire", "la lecture se termine bientôt"]
    analyst.post(f"{DESK}calls/{call.pk}/selection/end/")
    one = Application.objects.get(contact_email=APPLY["contact_email"])
    Application.objects.filter(pk=one.pk).update(language="en")
    one.refresh_from_db()
    analyst.post(f"{DESK}applications/{one.pk}/", {"reason": WHY, "to": "refuse"})
    mailbox.turn()
    subject, text = mailbox.to(APPLY["contact_email"])[-1]
    assert subject.endswith("the decision") and "was not chosen" in text and WHY in text and address_in(text) == mine


def test_asking_for_a_link_again_is_answered_alike_for_everybody_and_the_link_is_the_same(
    played: Hackathon, mailbox: Mailbox
) -> None:
    page = played.apply(1)
    person = Participant.objects.get()
    mailbox.turn()
    answers = [
        somebody(f"10.9.0.{n}").post(AGAIN, {"email": email}) for n, email in enumerate((person.email, "x@y.example"))
    ]
    known, unknown = (re.sub(r'value="[^"]{60,}"', "", answer.content.decode()) for answer in answers)
    assert known == unknown and [answer.status_code for answer in answers] == [200, 200]
    somebody("10.9.1.1").post(AGAIN, {"email": person.email.upper()})
    assert mailbox.turn() == 1, "one an hour, however often somebody asks"
    assert address_in(mailbox.to(person.email)[-1][1]) == page
    assert mailbox.to("x@y.example") == []


def test_an_address_that_only_looks_like_anothers_is_not_told_the_others_pages(
    city: City, played: Hackathon, mailbox: Mailbox
) -> None:
    call = called(city)[1]
    applied(call)
    victim = Application.objects.get().contact_email
    played.apply(1)
    name, _, host = victim.partition("@")
    Participant.objects.update(email=f"{name}+x@{host}", email_key=key_of(f"{name}+x@{host}"))
    Letter.objects.all().delete()
    somebody("10.9.2.1").post(AGAIN, {"email": victim})
    mailbox.turn()
    assert mailbox.to(f"{name}+x@{host}") == []
    assert "/incubation/mine/" in mailbox.to(victim)[-1][1]


def test_a_letter_that_cannot_be_written_holds_up_no_other(
    played: Hackathon, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    played.apply(1)
    played.apply(2)
    first, written = Letter.objects.order_by("due_at")[0], sending.kinds()

    def spoilt(about: Any) -> Any:
        if about == first.about:
            raise LookupError("planted")
        return written[first.kind](about)

    monkeypatch.setattr(sending, "kinds", lambda: {**written, first.kind: spoilt})
    assert mailbox.turn() == 1
    first.refresh_from_db()
    assert (first.attempts, first.sent_at, first.dropped_at) == (1, None, None)


def test_one_network_asks_a_few_times_and_one_address_gets_a_few_letters_a_day(
    played: Hackathon, mailbox: Mailbox
) -> None:
    codes = [somebody("10.9.0.1").post(AGAIN, {"email": f"{n}@y.example"}).status_code for n in range(6)]
    assert codes == [200] * 5 + [429]
    for _ in range(TO_ONE_MAX + 2):
        played.apply(1)
    assert Letter.objects.count() == TO_ONE_MAX


def test_a_link_drawn_before_links_could_be_said_again_is_made_anew(played: Hackathon, mailbox: Mailbox) -> None:
    played.apply(1)
    Participant.objects.update(link="0" * 64)
    person = Participant.objects.get()
    mailbox.turn()
    page = address_in(mailbox.to(person.email)[0][1])
    assert somebody().get(page).status_code == 200


def test_a_server_that_is_away_is_tried_again_and_one_that_refuses_is_not(played: Hackathon, mailbox: Mailbox) -> None:
    played.apply(1)
    person, now = Participant.objects.get(), timezone.now()
    mailbox.answer = "451 later"
    assert mailbox.turn(now) == 0 and mailbox.turn(now) == 0
    assert Letter.objects.get().attempts == 1, "not before its pause"
    mailbox.answer = "250 OK"
    assert mailbox.turn(now + timedelta(minutes=2)) == 1 and len(mailbox.to(person.email)) == 1


def test_a_letter_that_may_have_been_taken_is_not_sent_again(played: Hackathon, mailbox: Mailbox) -> None:
    played.apply(1)
    mailbox.hangs_up = True
    assert mailbox.turn() == 0 and len(mailbox.came) == 1
    mailbox.hangs_up = False
    assert mailbox.turn(timezone.now() + timedelta(days=1)) == 0 and len(mailbox.came) == 1
    assert Letter.objects.get().sent_at is not None


def test_a_worker_killed_while_it_hands_a_letter_over_sends_it_to_nobody_twice(
    city: City, played: Hackathon, mailbox: Mailbox
) -> None:
    played.apply(1)
    played.apply(2)
    mailbox.stalls_s = 60.0
    environ = {**os.environ, "NEC_DATABASE_URL": city.url, "PYTHONPATH": str(ROOT / "src")}
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(mailbox.port)], env=environ)
    mailbox.wait(1, patience_s=60.0)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    mailbox.stalls_s = 0.0
    assert mailbox.turn(timezone.now() + timedelta(hours=1)) == 1, "the other one"
    assert mailbox.turn(timezone.now() + timedelta(days=1)) == 0
    to = [address for address, _mail in mailbox.came]
    assert len(to) == len(set(to)) == 2


def test_a_turn_ends_at_the_first_sign_that_no_server_takes_letters_now(played: Hackathon, mailbox: Mailbox) -> None:
    for number in range(1, 4):
        played.apply(number)
    now = timezone.now()
    first = Participant.objects.get(pk=Letter.objects.order_by("due_at")[0].about[1])
    mailbox.refused[first.email] = "451 not now"
    assert mailbox.turn(now) == 0
    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert mailbox.turn(now) == 2, "one that is put off holds up no other"


def test_a_server_that_breaks_off_loses_one_letter_and_not_all_that_wait(played: Hackathon, mailbox: Mailbox) -> None:
    for number in range(1, 4):
        played.apply(number)
    now = timezone.now()
    mailbox.hangs_up = True
    assert mailbox.turn(now) == 0 and len(mailbox.came) == 1
    assert mailbox.turn(now) == 0 and len(mailbox.came) == 1, "not before a pause"
    mailbox.hangs_up = False
    assert mailbox.turn(now + timedelta(minutes=2)) == 2 and len(mailbox.came) == 3


def test_whoever_erased_themselves_is_written_nothing(played: Hackathon, mailbox: Mailbox) -> None:
    page = played.apply(1)
    somebody().post(page, {"do": "erase"})
    assert mailbox.turn() == 0 and Letter.objects.get().dropped_at is not None


def test_without_a_mail_server_pages_say_so_and_nothing_waits(played: Hackathon) -> None:
    assert settings.EMAIL_HOST == ""
    played.apply(1)
    assert not Letter.objects.exists()
    assert "No mail leaves from this installation" in somebody().get(AGAIN).content.decode()
    said = {"kind": "juror", "name": "J", "email": "j@example.org"}
    assert "No mail leaves from this installation" in played.desk("invite", **said).content.decode()


@override_settings(DEMO=True)
def test_a_demonstrations_letters_are_kept_and_read_in_its_inboxes_and_pages_say_so(
    played: Hackathon, tmp_path: Path, inboxes: Inboxes
) -> None:
    assert settings.EMAIL_HOST == ""
    page = played.apply(1)
    said = somebody().get(page).content.decode()
    assert "It was sent to you by mail, too." in said and INBOXES in said
    assert (
        INBOXES in somebody().get(AGAIN).content.decode() and 'name="email"' in somebody().get(AGAIN).content.decode()
    )
    assert INBOXES in somebody().get("/programme/letter/").content.decode()
    post = worker._post(Settings(home=tmp_path, demo=True, sim_devices_url=inboxes.address))
    assert worker._send_letters(post, SystemClock()) == 1
    ((to, text),) = inboxes.came
    assert to == Participant.objects.get().email and address_in(text) == page
    with override_settings(EMAIL_HOST="mail.example.org"):
        assert INBOXES not in somebody().get(AGAIN).content.decode(), "a demonstration with a server of its own"


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("sms", ["", "http://127.0.0.1:9/sms"])
@pytest.mark.parametrize("mail", ["", "smtp://127.0.0.1:9"])
def test_pages_offer_mail_exactly_where_the_worker_has_a_way_for_it(
    city: City, tmp_path: Path, demo: bool, sms: str, mail: str
) -> None:
    chosen = Settings(
        home=tmp_path, demo=demo, sms_url=sms, mail_url=mail, mail_from="city@example.org",
        sim_devices_url="http://127.0.0.1:9",
    )  # fmt: skip
    with pytest.raises((OSError, ValueError)) as tried:
        worker._post(chosen).send(Written(Contact("email", "a@example.org"), "s", "t"))
    there_is_a_way = tried.errisinstance(OSError)  # nobody listens there
    with override_settings(DEMO=demo, TEXTS=bool(sms), EMAIL_HOST="127.0.0.1" if mail else ""):
        assert sending.mail_leaves() is there_is_a_way
        shown = 'name="email"' in somebody().get("/programme/letter/").content.decode()
        assert shown is ('name="email"' in somebody().get(AGAIN).content.decode()) is there_is_a_way
        assert ('id="letter-email"' in somebody().get("/programme/").content.decode()) is shown


def test_where_no_mail_leaves_nothing_that_waits_is_taken_for_refused(played: Hackathon, mailbox: Mailbox) -> None:
    played.apply(1)
    with override_settings(EMAIL_HOST=""):
        assert worker._send_letters(messenger("", "", "", ""), SystemClock()) == 0
    assert mailbox.turn() == 1


def test_letters_are_forgotten_after_a_month(played: Hackathon, mailbox: Mailbox) -> None:
    played.apply(1)
    now = timezone.now()
    assert sending.forget_old(now + timedelta(days=29)) == 0 and sending.forget_old(now + timedelta(days=31)) == 1


def test_a_link_is_of_one_person_and_needs_the_servers_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    one = links.own("participant", "1")
    assert len(one) == 43 and one != links.own("participant", "2") and one != links.own("helper", "1")
    monkeypatch.setattr(settings, "SECRET_KEY", "another")
    assert links.own("participant", "1") != one
