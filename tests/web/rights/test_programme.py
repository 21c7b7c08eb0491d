"""People of the programme, without account, by their rights: each sees their own row, the desk finds all of an address."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from necmergitur.adapters.shred_list import ShredList
from necmergitur.innovation.editions import Phase
from necmergitur.web.accounts.roles import Role
from necmergitur.web.commons.models import Booking, Reader
from necmergitur.web.hackathon import people as hackathon
from necmergitur.web.hackathon.models import Edition, Participant
from necmergitur.web.hackathon.models import Helper as Juror
from necmergitur.web.incubation import keeping, reviewing
from necmergitur.web.incubation.models import Application, Call, Helper, Review
from necmergitur.web.network.models import Partner
from necmergitur.web.programme import links
from necmergitur.web.programme import voting as needs
from necmergitur.web.rights import desk, programme, views
from necmergitur.web.rights.models import RightRequest
from tests.web.commons.lending import thing
from tests.web.hackathon.playing import Hackathon
from tests.web.incubation.test_incubation import applied, called
from tests.web.pages import City
from tests.web.persons import make_person

HERE = "/rights/"
ADA = "ada@densite.example"


@pytest.fixture(autouse=True)
def own_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of this test's own, and limits that count this test alone."""
    monkeypatch.setattr(desk, "shred_list_of", lambda _home: ShredList(tmp_path / "shred" / "list"))
    monkeypatch.setattr(views, "ASKING", views.Limit(views.ASKED_MAX))
    monkeypatch.setattr(needs, "needs_stated", views.Limit(needs.NEEDS_MAX))


def somebody() -> Client:
    browser = Client()
    browser.cookies["nec_language"] = "en"
    return browser


def asked(kind: str, **more: str) -> str:
    answer = somebody().post(HERE, {"kind": kind, "who": "programme"} | more)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def everywhere(city: City) -> dict[str, str]:
    """Ada takes part as everything there is; return her private pages. Bo is beside her everywhere."""
    played = Hackathon(city)
    pages = {"participant": played.apply(1, name="Ada Example", email=ADA, access_needs="A ramp")}
    played.apply(2, name="Bo Other", email="bo@other.example")
    for name, email in (("Ada Example", ADA), ("Bo Other", "bo@other.example")):
        hackathon.invite(played.edition, {"kind": "juror", "name": name, "email": email, "knows": "Cy"}, timezone.now())
    pages["helper"] = f"/programme/hackathon/jury/{links.own('helper', Juror.objects.get(email=ADA).pk)}/"
    _analyst, call = called(city)
    pages["applicant"] = applied(call).headers["Location"]
    for name, email in (("Ada Example", ADA), ("Bo Other", "bo@other.example")):
        said = {"kind": "reviewer", "name": name, "email": email, "knows": "Dee"}
        _helper, token = reviewing.invite(call, said, timezone.now())
        pages.setdefault("reader", f"/programme/incubation/reviewer/{token}/")
    made, kept = links.made()
    Partner.objects.create(
        id=call.pk, name="Hall", kind="private", contact_name="Ada Example", contact_email=ADA, link_hash=kept,
        joined_at=timezone.now(),
    )  # fmt: skip
    pages["partner"] = f"/programme/partners/mine/{made}/"
    Reader.objects.create(email=ADA, key="k", language="fr", asked_at=timezone.now())
    return pages


def test_each_private_page_shows_its_own_row_at_once_and_nobody_elses(city: City) -> None:
    pages = everywhere(city)
    for kind, page in pages.items():
        follow = asked("access", page=f"http://testserver{page}")
        said = json.loads(somebody().get(f"{follow}data.json").content)
        assert [part["as"] for part in said["programme"]] == [kind]
        text = json.dumps(said, ensure_ascii=False) + somebody().get(f"{follow}data/").content.decode()
        assert ADA in text and "Bo Other" not in text and "bo@other.example" not in text
        assert all(secret not in text for secret in (page.split("/")[-2], "link_hash", "digest"))
    row = RightRequest.objects.order_by("pk")[0]
    assert ADA not in repr(vars(row)) and "Ada" not in repr(vars(row)), "a request keeps numbers of rows alone"
    said = json.loads(somebody().get(f"{asked('log', page=pages['participant'])}data.json").content)
    assert "programme" not in said and said["read_by"] == "analyst"


def test_a_page_that_is_nobodys_opens_nothing(city: City) -> None:
    everywhere(city)
    for page in ("x" * 43, "/programme/hackathon/mine/short/", "", "0" * 64):
        answer = somebody().post(HERE, {"kind": "access", "who": "programme", "page": page})
        assert answer.status_code == (302 if page == "" else 422)
    row = RightRequest.objects.get()
    assert (row.people, row.proven) == ([], None)


def by_desk(city: City, kind: str, do: dict[str, dict[str, Any]]) -> str:
    """Ask without a page; one officer finds the address, another does the rest."""
    follow = asked(kind)
    path = f"{HERE}desk/{RightRequest.objects.order_by('-pk')[0].pk}/"
    officer = city.client("dpo")
    assert officer.post(f"{path}prove/", {"yes": "yes", "email": "nobody@here.example"}).status_code == 422
    assert officer.post(f"{path}prove/", {"yes": "yes", "email": ADA.upper()}).status_code == 302
    city.users["deputy"] = make_person(Role.DPO).user
    for deed, said in do.items():
        assert officer.post(f"{path}{deed}/", said).status_code == 409, "not both alone"
        assert city.client("deputy").post(f"{path}{deed}/", said).status_code == 302
    return follow


def test_the_desk_finds_all_of_an_address_and_the_person_reads_it(city: City) -> None:
    everywhere(city)
    follow = by_desk(city, "access", {"answer": {"outcome": "granted", "words": "Here it is."}})
    said = json.loads(somebody().get(f"{follow}data.json").content)
    assert sorted(part["as"] for part in said["programme"]) == sorted(
        ["participant", "helper", "applicant", "reader", "partner", "newsletter"]
    )
    assert ADA not in repr(vars(RightRequest.objects.get()))
    assert "A ramp" in somebody().get(f"{follow}data/").content.decode()


def test_an_erasure_is_of_every_room_and_of_this_person_alone(city: City) -> None:
    pages = everywhere(city)
    reader = Helper.objects.get(email=ADA)
    application = Application.objects.get()
    other = Helper.objects.exclude(pk=reader.pk).get()
    Review.objects.create(reviewer=other, application=application, number=1)
    follow = by_desk(city, "erase", {"erase": {"words": "Erased."}})
    for table in (Participant, Juror, Helper):
        assert [row.name for row in table.objects.all()] == ["Bo Other"], table
    application.refresh_from_db()
    assert (application.contact_name, application.contact_email, application.link_hash) == ("", "", "")
    assert Partner.objects.get().contact_email == "" and not Reader.objects.exists()
    for kind, page in pages.items():
        assert somebody().get(page).status_code == 404, kind
    text = somebody().get(follow).content.decode()
    assert "registrations to a hackathon" in text and "contacts of partners" in text
    dump = city.sql(
        "SELECT string_agg(t::text, '') FROM (SELECT p::text t FROM hackathon_participant p UNION ALL"
        " SELECT a::text FROM incubation_application a UNION ALL SELECT h::text FROM incubation_helper h UNION ALL"
        " SELECT l::text FROM letters_letter l UNION ALL SELECT r::text FROM right_request r) all_of_it"
    )
    assert "Ada Example" not in dump[0][0] and ADA not in dump[0][0]


def held(ref: Any, asker: str) -> None:
    """Let somebody have booked a room: days ago, and tomorrow."""
    room, now = thing(), timezone.now()
    for days in (-3, 1):
        begins = now + timedelta(days=days)
        Booking.objects.create(
            thing=room, begins=begins, ends=begins + timedelta(hours=1), what_for="Ada Example speaks", answer="Yes, Ada",
            state="confirmed", before="asked", asker=asker, asker_ref=str(ref), asked_at=now, changed_at=now,
        )  # fmt: skip


def test_whoever_is_erased_anywhere_leaves_no_words_in_bookings_and_holds_nothing_from_that_moment(city: City) -> None:
    pages = everywhere(city)
    ada = {
        "participant": Participant.objects.get(email=ADA),
        "helper": Juror.objects.get(email=ADA),
        "reader": Helper.objects.get(email=ADA),
        "company": Application.objects.get(),
        "partner": Partner.objects.get(),
    }
    others = [Participant.objects.exclude(email=ADA).get().pk, Juror.objects.exclude(email=ADA).get().pk]
    for asker, row in ada.items():
        held(row.pk, asker)
    for asker, ref in zip(("participant", "helper"), others, strict=True):
        held(ref, asker)
    now = timezone.now()
    for kind in ("participant", "reader"):  # by themselves
        assert somebody().post(pages[kind], {"do": "erase"}).status_code == 302
        assert not Booking.objects.filter(asker_ref=str(ada[kind].pk)).exists()
    hackathon.erase_helper(Juror.objects.get(email=ADA), now)
    keeping.forget(Application.objects.get(), now)
    programme.erase([["partner", str(Partner.objects.get().pk)]], now)
    rows = Booking.objects.exclude(asker_ref__in=[str(one) for one in others])
    assert {(one.what_for, one.answer, one.before, one.asker_ref) for one in rows} == {("", "", "", "")}
    assert sorted(one.state for one in rows) == ["cancelled"] * 5 + ["confirmed"] * 5, "what is over was had"
    assert Booking.objects.filter(what_for="Ada Example speaks").count() == 4, "nobody else's"
    Edition.objects.update(results_at=now - timedelta(days=366))
    hackathon.sweep(now)
    assert not Booking.objects.exclude(what_for="", asker_ref="").exists(), "nor a year after a hackathon"


def test_the_workers_sweeps_leave_nobody_a_year_later(city: City) -> None:
    everywhere(city)
    now = timezone.now()
    old = now - timedelta(days=800)
    assert hackathon.sweep(now) == 0 and keeping.forget_old(now) == 0
    Edition.objects.update(results_at=now - timedelta(days=366))
    Call.objects.update(closes_at=old)
    Helper.objects.update(added_at=old)
    hackathon.sweep(now)
    keeping.forget_old(now)
    assert not Participant.objects.exists() and not Juror.objects.exists() and not Helper.objects.exists()
    assert [one.contact_email for one in Application.objects.all()] == [""]
    assert Phase.RESULTS is Edition.objects.get().phase(now)
