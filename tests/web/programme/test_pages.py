"""What everybody may do, and what the analyst's desk does, through forms alone."""

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connections
from django.test import Client

from necmergitur.web.dialogue.constants import WHILE
from necmergitur.web.programme import making, pages, voting
from necmergitur.web.programme.alike import alike
from necmergitur.web.programme.models import Challenge, Lead, Need
from necmergitur.web.store import CLOCK
from tests.web.pages import City
from tests.web.programme.stating import stated


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_citizen_states_a_need_that_everybody_reads_and_votes_for(city: City) -> None:
    citizen, other = Client(), Client()
    answer = citizen.post("/programme/needs/new/", stated())
    assert answer.headers["Location"] == "/programme/needs/NM-1/"
    assert "too full" in text_of(Client(), "/programme/")
    answer = other.post("/programme/needs/NM-1/vote/")
    assert answer.status_code == 302 and answer.headers["Location"].endswith("#votes")
    voted = other.get("/programme/needs/NM-1/", headers={"Accept-Language": "en"}).content.decode()
    place = voted[voted.index('id="votes"') :]
    assert "Your vote is counted" in place[: place.index("</form>")]
    assert other.post("/programme/needs/NM-1/vote/").status_code == 302
    assert Need.objects.get().votes.count() == 1
    other.post("/programme/needs/NM-1/vote/", {"back": "1"})
    assert Need.objects.get().votes.count() == 0


def test_needs_are_turned_over_once_one_page_is_full(city: City) -> None:
    now = CLOCK.now()
    for number in range(pages.LEAF_ROWS + 1):
        making.state_need(now, None, **stated(title=f"A need of its own {number:02d}"))
    first, second = (text_of(Client(), f"/programme/{asked}") for asked in ("", "?page=2"))
    desk = text_of(city.client("analyst"), "/programme/desk/")
    for page, at in ((first, "/programme/"), (desk, "")):
        assert page.count("A need of its own") == pages.LEAF_ROWS and f'rel="next" href="{at}?page=2"' in page
    assert second.count("A need of its own") == 1 and 'rel="prev"' in second
    lost = Client().get("/programme/find/", {"number": "NM-999"})
    assert lost.status_code == 404 and 'rel="next" href="/programme/?page=2"' in lost.content.decode()


def test_what_was_typed_is_kept_when_something_is_to_mend(city: City) -> None:
    answer = Client().post("/programme/needs/new/", stated(target_value="soon"))
    assert answer.status_code == 422
    assert "Spectators, stewards" in answer.content.decode()
    assert not Need.objects.exists()


def test_a_program_that_votes_is_held_back_after_a_while(city: City) -> None:
    Client().post("/programme/needs/new/", stated())
    answers = [Client().post("/programme/needs/NM-1/vote/").status_code for _ in range(35)]
    assert answers.count(302) == 30 and answers[-1] == 429
    assert Need.objects.get().votes.count() == 30
    late = Client().post("/programme/needs/NM-1/vote/", headers={"Accept-Language": "en"})
    said = late.content.decode()
    assert "control room" not in said and re.search(r"done again from \d\d:\d\d on", said), said
    assert 0 < int(late["Retry-After"]) <= WHILE.total_seconds()


def test_a_number_that_was_not_drawn_here_is_none(city: City) -> None:
    """A program that makes up a number for each vote is counted as somebody new, and held back like them."""
    Client().post("/programme/needs/new/", stated())
    answers = []
    for number in range(35):
        program = Client()
        program.cookies[voting.COOKIE] = f"{number:0>43}"
        answers.append(program.post("/programme/needs/NM-1/vote/").status_code)
    assert answers.count(302) == 30 and answers[-1] == 429


def test_a_number_nobody_has_is_said_to_be_missing_and_kept(city: City) -> None:
    for said in ("NM-99", "99", "what"):
        answer = Client(headers={"Accept-Language": "en"}).get("/programme/find/", {"number": said})
        page = answer.content.decode()
        assert answer.status_code == 404 and f'value="{said}"' in page and f"No need has the number {said}." in page
    assert Client().get("/programme/find/", {"number": " "}).status_code == 302


def test_every_page_of_the_desk_leads_to_what_the_public_reads(city: City) -> None:
    for address in ("desk/", "desk/watch/", "desk/incubation/", "trials/desk/", "hackathon/desk/", "desk/resources/"):
        page = city.client("analyst").get(f"/programme/{address}").content.decode()
        assert '<a href="/programme/">As the public reads it</a>' in page


def test_an_analyst_goes_from_a_need_to_an_open_challenge(city: City) -> None:
    Client().post("/programme/needs/new/", stated())
    analyst = city.client("analyst")
    assert "too full" in text_of(analyst, "/programme/desk/")
    lead = {
        "title": "Lidar counts",
        "organisation": "Densité SAS",
        "country": "fr",
        "url": "",
        "summary": "Counts.",
        "language": "fr",
    }
    answer = analyst.post("/programme/desk/needs/NM-1/leads/", lead)
    assert analyst.post("/programme/desk/needs/NM-1/leads/", lead).headers["Location"] == answer.headers["Location"]
    found = Lead.objects.get()
    assert answer.headers["Location"] == f"/programme/desk/leads/{found.pk}/"
    move = f"/programme/desk/leads/{found.pk}/move/"
    assert analyst.post(move, {"to": "contact", "reason": "short"}).status_code == 422
    assert analyst.post(move, {"to": "contact", "reason": "They ran it in Lyon."}).status_code == 302
    answer = analyst.post(f"/programme/desk/leads/{found.pk}/challenge/", {"title": "Count without faces", "brief": ""})
    challenge = Challenge.objects.get()
    assert answer.headers["Location"] == f"/programme/desk/challenges/{challenge.pk}/"
    found.refresh_from_db()
    assert (found.state, found.chain, challenge.chain) == ("challenge", 1, 1)
    analyst.post(
        f"/programme/desk/challenges/{challenge.pk}/", {"to": "open", "title": challenge.title, "brief": "Find out."}
    )
    challenge.refresh_from_db()
    assert challenge.state == "open"
    assert "Count without faces" in text_of(Client(), "/programme/needs/NM-1/")


def test_like_needs_are_merged_with_their_votes_and_the_old_number_leads_there(city: City) -> None:
    for _ in range(2):
        Client().post("/programme/needs/new/", stated())
    voter = Client()
    for number in (1, 2):
        voter.post(f"/programme/needs/NM-{number}/vote/")
    Client().post("/programme/needs/NM-2/vote/")
    analyst = city.client("analyst")
    assert analyst.post("/programme/desk/needs/NM-2/merge/", {"into": "NM-2"}).status_code == 409
    assert analyst.post("/programme/desk/needs/NM-2/merge/", {"into": "NM-1"}).status_code == 302
    assert Need.objects.get(chain=1).votes.count() == 2  # a browser that voted for both counts once
    voter.post("/programme/needs/NM-1/vote/")
    assert Need.objects.get(chain=1).votes.count() == 2
    assert "/programme/needs/NM-1/" in text_of(Client(), "/programme/needs/NM-2/")
    assert "/programme/needs/NM-2/" in text_of(Client(), "/programme/needs/NM-1/")  # its chain goes on


def test_a_merge_is_taken_back_and_votes_go_back_the_way_they_came(city: City) -> None:
    for _ in range(3):
        Client().post("/programme/needs/new/", stated())
    for number, voters in ((1, 3), (2, 2), (3, 1)):
        for _ in range(voters):
            Client().post(f"/programme/needs/NM-{number}/vote/")
    both = Client()
    for number in (1, 2):
        both.post(f"/programme/needs/NM-{number}/vote/")
    analyst = city.client("analyst")
    desk = "/programme/desk/needs/NM-"
    counts = lambda: [Need.objects.get(chain=number).votes.count() for number in (1, 2, 3)]  # noqa: E731
    assert analyst.post(f"{desk}1/split/").status_code == 409 and counts() == [4, 3, 1]
    analyst.post(f"{desk}1/merge/", {"into": "NM-2"})
    analyst.post(f"{desk}2/merge/", {"into": "NM-3"})
    assert counts() == [1, 0, 7], "who voted for both counts once"
    assert analyst.post(f"{desk}1/split/").status_code == 409, "the later merge first"
    assert "Split it off again" in text_of(analyst, f"{desk}2/")
    Client().post("/programme/needs/NM-3/vote/")  # of the need they were merged into: it stays there
    assert analyst.post(f"{desk}2/split/").status_code == 302 and counts() == [1, 6, 2]
    assert analyst.post(f"{desk}1/split/").status_code == 302 and counts() == [4, 3, 2]
    assert set(Need.objects.values_list("state", flat=True)) == {"open"}
    assert city.client("pilot").post(f"{desk}1/split/").status_code == 403


def at_once(city: City, first: str, values: tuple[Any, ...], post: Callable[[], Any]) -> Any:
    """Let somebody else's change be under way while a form is sent: it waits, and is judged by what came of it."""
    answers: list[Any] = []

    def sent() -> None:
        answers.append(post())
        connections.close_all()

    with psycopg.connect(city.url) as other:
        other.execute(first, values)
        thread = threading.Thread(target=sent)
        thread.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with psycopg.connect(city.url, autocommit=True) as looking:
            until = time.monotonic() + 20
            while not looking.execute(waiting).fetchone()[0] and time.monotonic() < until:  # type: ignore[index]
                time.sleep(0.02)
    thread.join(20)
    return answers[0]


def test_of_two_who_press_at_once_the_second_is_told(city: City) -> None:
    for _ in range(2):
        Client().post("/programme/needs/new/", stated())
    analyst, (one, two) = city.client("analyst"), Need.objects.order_by("chain")
    lead = making.make(one, CLOCK.now(), None, title="A lead")
    taken = at_once(
        city,
        "UPDATE programme_lead SET state = 'challenge' WHERE id = %s",
        (lead.pk,),
        lambda: analyst.post(
            f"/programme/desk/leads/{lead.pk}/move/", {"to": "rejected", "reason": "Nobody needs it."}
        ),
    )
    lead.refresh_from_db()
    assert (taken.status_code, lead.state) == (409, "challenge")
    merged = at_once(
        city,
        "UPDATE programme_need SET state = 'closed' WHERE id = %s",
        (two.pk,),
        lambda: analyst.post("/programme/desk/needs/NM-1/merge/", {"into": "NM-2"}),
    )
    one.refresh_from_db()
    assert (merged.status_code, one.state) == (409, "open")
    answered = at_once(
        city,
        "UPDATE programme_need SET state = 'merged', merged_into_id = %s WHERE id = %s",
        (two.pk, one.pk),
        lambda: analyst.post("/programme/desk/needs/NM-1/answer/", {"text": "It was answered today.", "closes": "on"}),
    )
    one.refresh_from_db()
    assert (answered.status_code, one.state, one.answers.get().closes) == (302, "merged", False)


def test_an_answer_is_dated_public_and_may_close_a_need(city: City) -> None:
    Client().post("/programme/needs/new/", stated())
    analyst = city.client("analyst")
    said = {"text": "A trial at the hall begins in March, with counters only.", "closes": "on"}
    assert analyst.post("/programme/desk/needs/NM-1/answer/", said).status_code == 302
    page = text_of(Client(), "/programme/needs/NM-1/")
    assert said["text"] in page
    assert Need.objects.get().state == "closed"
    assert Client().post("/programme/needs/NM-1/vote/").status_code == 302
    assert Need.objects.get().votes.count() == 0


def test_the_desk_is_the_analysts(city: City) -> None:
    Client().post("/programme/needs/new/", stated())
    assert Client().get("/programme/desk/").status_code == 302
    assert city.client("pilot").get("/programme/desk/").status_code == 403
    lead = city.client("lead")
    assert lead.get("/programme/desk/needs/NM-1/").status_code == 200
    assert lead.post("/programme/desk/needs/NM-1/answer/", {"text": "x" * 30}).status_code == 403


def test_whoever_is_shown_nothing_live_is_not_told_of_being_signed_out(city: City) -> None:
    desk = "/programme/desk/"
    assert 'id="live-status"' not in city.client("analyst").get(desk).content.decode()
    assert 'id="live-status"' in city.client("lead").get(desk).content.decode()


MARK = "Not confirmed by this body"


def test_a_need_stated_for_a_body_without_its_account_is_marked_until_an_analyst_who_asked_confirms_it(
    city: City,
) -> None:
    Client().post("/programme/needs/new/", stated(spoken_for="police"))
    analyst = city.client("analyst")
    places = [(Client(), "/programme/"), (Client(), "/programme/needs/NM-1/"), (analyst, "/programme/desk/"),
              (analyst, "/programme/desk/needs/NM-1/")]  # fmt: skip
    for browser, address in places:
        browser.cookies["nec_language"] = "en"
        assert MARK in text_of(browser, address), address
    french = Client()
    french.cookies["nec_language"] = "fr"
    assert "Pas confirmé par cet organisme" in text_of(french, "/programme/needs/NM-1/")
    confirm = "/programme/desk/needs/NM-1/confirm/"
    assert Client().post(confirm).status_code == 302 and city.client("lead").post(confirm).status_code == 403
    assert Need.objects.get().confirmed_at is None
    assert [analyst.post(confirm).status_code for _ in range(2)] == [302, 302]
    for browser, address in places:
        assert MARK not in text_of(browser, address), address
    with psycopg.connect(city.url) as connection:
        [facts] = connection.execute(
            "SELECT payload->'facts' FROM ledger_event WHERE payload->>'action' = 'programme:need:confirmed'"
        ).fetchall()
    assert facts[0] == {"body": "police"}


def test_citizens_speak_for_themselves_and_an_analyst_has_asked_but_another_account_has_not(city: City) -> None:
    now = CLOCK.now()
    asked = [
        making.state_need(now, None, **stated(spoken_for="citizen")),
        making.state_need(now, city.users["analyst"], **stated(spoken_for="police")),
        making.state_need(now, city.users["pilot"], **stated(spoken_for="police")),
        making.state_need(now, None, **stated(spoken_for="venue")),
    ]
    assert [one.is_unconfirmed for one in asked] == [False, False, True, True]


def test_needs_that_look_alike_are_offered_for_merging(city: City) -> None:
    """Two people say one need in other words; a third says another one."""

    def need(**changes: Any) -> Need:
        return making.state_need(CLOCK.now(), None, **stated(**changes))

    first = need(
        title="Know when the stadium gate is too crowded", situation="On match nights crowds press at the gate."
    )
    same = need(title="Crowded stadium gate: warn stewards", situation="Stewards see crowds at the gate too late.")
    need(
        title="Hear a fall from the quay", situation="Somebody falls into the river, unseen.", measure="rescues in time"
    )
    assert alike(first) == [same]
    analyst = city.client("analyst")
    page = analyst.get(f"/programme/desk/needs/{first.number}/").content.decode()
    assert f"Merge into {same.number}" in page and "quay" not in page.partition("Merge into one like it")[2]
    assert analyst.post(f"/programme/desk/needs/{first.number}/merge/", {"into": same.number}).status_code == 302
    first.refresh_from_db()
    assert first.merged_into_id == same.pk and alike(same) == []
