"""The dialogue's pages and what rests on them, on a real database."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from necmergitur.governance.dialogue import text_hash, voter_key
from necmergitur.kernel.refusal import Refusal
from necmergitur.web.dialogue import limits, opening, results, views
from necmergitur.web.dialogue.models import Answer, Conversation, Statement, Vote
from tests.governance.test_dialogue import rfc_6962
from tests.web.dialogue.talk import (
    AGREED_BY_ALL,
    DPO,
    SUBJECT,
    TEXTS,
    block_votes,
    citizen,
    open_talk,
    people_vote,
    state,
)
from tests.web.pages import City

pytestmark = pytest.mark.usefixtures("city")
ANSWER = "Yes: it is switched off from midnight to six, and the sign on the post says so."


@pytest.fixture(autouse=True)
def nobody_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of addresses begin anew for each test: all its people share one."""
    monkeypatch.setattr(views, "newcomers", limits.Limit(30))
    monkeypatch.setattr(views, "votes_cast", limits.Limit(3_600))
    monkeypatch.setattr(views, "statements_made", limits.Limit(15))


@pytest.fixture
def dpo(city: City) -> Client:
    """The data protection officer's browser."""
    return city.client("dpo")


def at(name: str, talk: Conversation, *more: Any) -> str:
    return reverse(f"dialogue:{name}", args=[talk.pk, *more])


def facts(city: City, talk: Conversation) -> list[tuple[str, dict[str, Any]]]:
    rows = city.sql("SELECT kind, payload FROM ledger_event WHERE stream = %s ORDER BY version", f"dialogue:{talk.pk}")
    return [(kind, payload) for kind, payload in rows]


# --- voting -----------------------------------------------------------------------------------------------


def test_a_reader_gets_no_cookie_of_ours_and_a_voter_gets_a_random_number() -> None:
    talk = open_talk()
    statements = state(talk)
    browser = citizen()
    page = browser.get(at("conversation", talk))
    assert page.status_code == 200 and "nec_dialogue" not in browser.cookies
    answer = browser.post(at("vote", talk), {"statement": statements[0].pk, "choice": "agree"})
    assert answer.status_code == 303
    cookie = browser.cookies["nec_dialogue"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/dialogue/")
    (vote,) = Vote.objects.all()
    assert (vote.statement_id, vote.choice) == (statements[0].pk, 1)
    assert vote.voter == voter_key(talk.pk, cookie.value) and cookie.value not in vote.voter


def test_a_vote_again_on_the_same_statement_replaces_the_first() -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    browser = citizen()
    for choice in ("agree", "pass", "disagree"):
        browser.post(at("vote", talk), {"statement": statement.pk, "choice": choice})
    assert list(Vote.objects.values_list("choice", flat=True)) == [-1]


def test_each_vote_leads_to_a_statement_not_yet_voted_on_until_none_is_left() -> None:
    talk = open_talk()
    state(talk)
    browser = citizen()
    seen = []
    for turn in range(len(TEXTS)):
        page = browser.get(at("conversation", talk))
        assert f"Statement {turn + 1} of {len(TEXTS)}" in page.content.decode()
        seen.append(page.context["statement"].pk)
        browser.post(at("vote", talk), {"statement": seen[-1], "choice": "pass"})
    assert len(set(seen)) == len(TEXTS)
    assert "You have voted on everything said so far." in browser.get(at("conversation", talk)).content.decode()


def test_two_voters_do_not_walk_the_statements_in_one_order() -> None:
    talk = open_talk()
    state(talk)
    orders = set()
    for _each in range(4):
        browser, order = citizen(), []
        for _turn in range(4):
            order.append(browser.get(at("conversation", talk)).context["statement"].pk)
            browser.post(at("vote", talk), {"statement": order[-1], "choice": "agree"})
        orders.add(tuple(order))
    assert len(orders) > 1


@pytest.mark.parametrize("choice", ["", "maybe", "1"])
def test_a_vote_that_is_none_is_refused(choice: str) -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    assert citizen().post(at("vote", talk), {"statement": statement.pk, "choice": choice}).status_code == 400
    assert citizen().post(at("vote", talk), {"statement": "x", "choice": "agree"}).status_code == 400
    assert not Vote.objects.exists()


def test_a_statement_nobody_let_through_and_one_of_another_dialogue_take_no_votes() -> None:
    talk, other = open_talk(), open_talk(subject_kind="experiment")
    (elsewhere, *_) = state(other)
    hidden = Statement.objects.create(conversation=talk, text=TEXTS[0], said_at=datetime.now(UTC))
    for statement in (hidden, elsewhere):
        assert citizen().post(at("vote", talk), {"statement": statement.pk, "choice": "agree"}).status_code == 404
    assert not Vote.objects.exists()


def test_a_dialogue_that_is_over_takes_neither_votes_nor_statements() -> None:
    talk = open_talk(
        timedelta(days=1), now=datetime.now(UTC) - timedelta(days=2), closes_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    (statement, *_) = state(talk)
    for name, sent in (("vote", {"statement": statement.pk, "choice": "agree"}), ("say", {"text": TEXTS[1]})):
        answer = citizen().post(at(name, talk), sent)
        assert (answer.status_code, answer.headers["Location"]) == (302, at("results", talk))
    assert not Vote.objects.exists() and Statement.objects.count() == len(TEXTS)


def test_a_forged_form_casts_no_vote() -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(at("vote", talk), {"statement": statement.pk, "choice": "agree"}).status_code == 403
    assert not Vote.objects.exists()


def test_one_address_cannot_bring_a_crowd_and_no_address_is_written_anywhere(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "newcomers", limits.Limit(3))
    talk = open_talk()
    (statement, *_) = state(talk)
    codes = [
        citizen()
        .post(at("vote", talk), {"statement": statement.pk, "choice": "agree"}, REMOTE_ADDR="203.0.113.77")
        .status_code
        for _ in range(5)
    ]
    assert codes == [303, 303, 303, 429, 429]
    program = citizen()
    program.cookies["nec_dialogue"] = "n" * 43  # no number of ours: no way around the limit
    vote = {"statement": statement.pk, "choice": "agree"}
    assert program.post(at("vote", talk), vote, REMOTE_ADDR="203.0.113.77").status_code == 429
    assert (
        citizen()
        .post(at("vote", talk), {"statement": statement.pk, "choice": "agree"}, REMOTE_ADDR="203.0.113.78")
        .status_code
        == 303
    )
    columns = city.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (table,) in columns:
        assert "203.0.113" not in str(city.sql(f'SELECT to_jsonb(t)::text FROM "{table}" t')), table


def test_limits_forget_after_a_while_and_take_a_home_of_ipv6_for_one() -> None:
    limit = limits.Limit(2, seconds=10)
    first, same_home = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"
    assert [limit.passed(a, 0.0) for a in (first, same_home, first, "2001:db8:1:3::1")] == [True, True, False, True]
    assert limit.passed(first, 10.0)
    small = limits.Limit(1, addresses_max=2)
    assert [small.passed(a, 0.0) for a in ("192.0.2.1", "192.0.2.2", "192.0.2.3")] == [True] * 3
    assert len(small._seen) == 2 and b"192.0.2.3" not in b"".join(small._seen)
    assert limits.network_of("::ffff:192.0.2.1") == "192.0.2.1"


# --- saying something ------------------------------------------------------------------------------------


def test_a_statement_waits_for_a_person_and_is_then_shown(dpo: Client) -> None:
    talk = open_talk()
    browser = citizen()
    said = browser.post(at("say", talk), {"text": f"  {TEXTS[0]} \n"})
    assert said.headers["Location"].endswith("?said")
    (statement,) = Statement.objects.all()
    assert (statement.text, statement.state, statement.language) == (TEXTS[0], "waiting", "en")
    assert TEXTS[0] not in citizen().get(at("conversation", talk)).content.decode()
    assert TEXTS[0] in dpo.get(at("desk_conversation", talk)).content.decode()
    dpo.post(at("moderate", talk), {"statement": statement.pk, "verdict": "show"})
    assert TEXTS[0] in citizen().get(at("conversation", talk)).content.decode()
    assert "Shown" in browser.get(at("mine", talk)).content.decode()


def test_a_statement_turned_away_loses_its_words_and_its_reason_is_counted_publicly(dpo: Client) -> None:
    talk = open_talk()
    browser = citizen()
    for text in ("Mrs Example of number 4 must not decide this.", "Mr Example is a thief and a liar too."):
        browser.post(at("say", talk), {"text": text})
    for statement in Statement.objects.all():
        dpo.post(at("moderate", talk), {"statement": statement.pk, "verdict": "personal"})
    assert list(Statement.objects.values_list("text", "state", "reason")) == [("", "refused", "personal")] * 2
    page = citizen().get(at("results", talk)).content.decode()
    assert "It names or points at a person: 2" in page and "Example" not in page
    assert "It names or points at a person" in browser.get(at("mine", talk)).content.decode()


def test_a_statement_is_not_turned_away_for_a_reason_that_does_not_exist(dpo: Client) -> None:
    talk = open_talk()
    citizen().post(at("say", talk), {"text": TEXTS[0]})
    (statement,) = Statement.objects.all()
    assert dpo.post(at("moderate", talk), {"statement": statement.pk, "verdict": "critical of us"}).status_code == 400
    assert Statement.objects.get().state == "waiting"


def test_a_statement_is_judged_once(dpo: Client) -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    dpo.post(at("moderate", talk), {"statement": statement.pk, "verdict": "insult"})
    assert Statement.objects.get(pk=statement.pk).state == "shown"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("No!", "At least 15 characters"),
        ("x" * 281, "At most 280 characters."),
        (TEXTS[0].upper(), "Somebody already said this"),
        ("", "This field is required."),
    ],
)
def test_what_cannot_be_said_is_told_beside_the_field(text: str, words: str) -> None:
    talk = open_talk()
    state(talk)
    page = citizen().post(at("say", talk), {"text": text})
    assert page.status_code == 422 and words in page.content.decode()
    assert Statement.objects.count() == len(TEXTS)


def test_one_person_cannot_fill_the_moderators_desk() -> None:
    talk = open_talk()
    browser = citizen()
    codes = [browser.post(at("say", talk), {"text": f"{TEXTS[0]} {n} times"}).status_code for n in range(7)]
    assert codes == [303] * 5 + [429] * 2


def test_who_wants_to_be_forgotten_is(dpo: Client) -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    browser, other = citizen(), citizen()
    for each in (browser, other):
        each.post(at("vote", talk), {"statement": statement.pk, "choice": "agree"})
        each.post(at("say", talk), {"text": f"I am number {id(each)} and say so."})
    shown = Statement.objects.filter(state="waiting").first()
    dpo.post(at("moderate", talk), {"statement": shown.pk, "verdict": "show"})
    browser.post(at("say", talk), {"text": "And one more that still waits."})
    browser.post(at("forget", talk))
    assert Vote.objects.count() == 1
    assert list(Statement.objects.filter(state="waiting").values_list("text", flat=True)) == [
        f"I am number {id(other)} and say so."
    ]
    assert Statement.objects.get(pk=shown.pk).author == ""
    assert "This browser has not voted" in browser.get(at("mine", talk)).content.decode()


# --- results ----------------------------------------------------------------------------------------------


def test_nothing_is_shown_of_nine_people() -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 9})
    page = citizen().get(at("results", talk)).content.decode()
    assert "Results appear once ten people have voted" in page
    assert "% agree" not in page and TEXTS[0] not in page


def test_groups_consensus_and_division_are_shown() -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 40, "against": 25})
    answer = citizen().get(at("results", talk))
    page, context = answer.content.decode(), answer.context
    assert [(g["letter"], g["size"]) for g in context["groups"]] == [("A", 40), ("B", 25)]
    assert [line.text for line in context["consensus"]] == AGREED_BY_ALL
    assert {line.text for line in context["dividing"]} <= set(TEXTS[3:]) and len(context["dividing"]) == 6
    assert 'aria-label="Group A: 40 people. Group B: 25 people."' in page
    assert page.count("The city owes an answer") >= 3


def test_results_stand_still_until_ten_more_people_have_voted() -> None:
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 40, "against": 25})
    assert citizen().get(at("results", talk)).context["shown"].votes == 650
    now = datetime.now(UTC)
    for number in range(10):
        Vote.objects.create(
            statement=statements[0], voter=f"late-{number}", choice=-1, cast_at=now + timedelta(seconds=number)
        )
        expected = 650 if number < 9 else 660
        assert citizen().get(at("results", talk)).context["shown"].votes == expected, number


def test_of_very_many_voters_one_in_twenty_more_is_waited_for() -> None:
    talk = open_talk()
    statements = state(talk)
    people_vote(statements[:1], {"for": 400}, datetime.now(UTC) - timedelta(days=12))
    assert citizen().get(at("results", talk)).context["shown"].votes == 400
    now = datetime.now(UTC)
    for number in range(20):
        Vote.objects.create(statement=statements[0], voter=f"late-{number}", choice=-1, cast_at=now)
        expected = 400 if number < 19 else 420
        assert citizen().get(at("results", talk)).context["shown"].votes == expected, number


def test_a_block_is_flagged_counted_and_can_be_left_out() -> None:
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 40, "against": 25})
    block_votes(statements, 30)
    page = citizen().get(at("results", talk))
    words = page.content.decode()
    assert "30 people vote in a way that looks arranged." in words
    assert "the same long list of votes, within minutes: 30" in words
    # The block breaks the consensus; what people owed an answer to before it came is owed still.
    assert page.context["shown"].all.consensus == ()
    assert [line.text for line in page.context["consensus"]] == AGREED_BY_ALL
    without = citizen().get(at("results", talk) + "?without")
    assert "You see results without those votes." in without.content.decode()
    assert without.context["of"].voters == 65 and sum(g["size"] for g in without.context["groups"]) == 65


def test_fewer_than_ten_flagged_people_are_not_told_apart_to_the_public_and_are_to_the_moderator(dpo: Client) -> None:
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 40, "against": 25})
    block_votes(statements, 6)
    words = citizen().get(at("results", talk) + "?without").content.decode()
    assert "Fewer than ten people vote in a way that looks arranged" in words
    assert "the same long list of votes, within minutes: fewer than ten" in words
    assert "You see results without those votes." not in words and 'href="?without"' not in words
    assert 'minutes: <span class="num">6</span>' in dpo.get(at("desk_conversation", talk)).content.decode()


# --- closing, answering, signing ----------------------------------------------------------------------------


def test_opening_is_recorded_and_one_subject_has_one_open_dialogue(city: City) -> None:
    talk = open_talk()
    ((kind, payload),) = facts(city, talk)
    assert kind == "DialogueOpened"
    assert (payload["subject_kind"], payload["subject_id"], payload["title_en"]) == (
        "assessment",
        str(SUBJECT),
        talk.title_en,
    )
    again = opening.open_conversation("assessment", SUBJECT, "a", "b", "c", talk.closes_at, by=DPO)
    assert isinstance(again, Refusal) and again.rule == "dialogue_running"
    assert again.facts == {"dialogue": str(talk.pk)}


def test_nothing_is_signed_before_a_dialogue_was_held_is_over_and_is_answered(city: City, dpo: Client) -> None:
    def rule() -> str | None:
        refusal = opening.answered("assessment", SUBJECT)
        return None if refusal is None else refusal.rule

    assert rule() == "dialogue_missing"
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 40, "against": 25})
    assert rule() == "dialogue_open"
    dpo.post(at("close", talk), {"close-reason": "The council meets on Monday and must read it."})
    refusal = opening.answered("assessment", SUBJECT)
    assert refusal is not None and refusal.rule == "dialogue_unanswered"
    wanted = [one.pk for one in statements[:3]]
    assert refusal.facts == {"owed": "3", "statements": ", ".join(map(str, wanted)), "dialogue": str(talk.pk)}
    for left, pk in zip((2, 1, 0), wanted, strict=True):
        assert dpo.post(at("answer", talk, pk), {"text": ANSWER, "language": "en"}).status_code == 302
        refusal = opening.answered("assessment", SUBJECT)
        assert ("0" if refusal is None else refusal.facts["owed"]) == str(left)
    assert rule() is None
    kinds = [kind for kind, _ in facts(city, talk)]
    assert kinds == ["DialogueOpened", "DialogueClosed", *["DialogueAnswered"] * 3]
    assert facts(city, talk)[2][1] == {
        "type": "DialogueAnswered",
        "statement": wanted[0],
        "statement_hash": text_hash(TEXTS[0]),
        "answer_hash": text_hash(ANSWER),
    }


def test_a_dialogue_ends_by_itself_and_the_root_of_its_votes_is_recorded(city: City) -> None:
    talk = open_talk()
    statements = state(talk)
    people_vote(statements, {"for": 12, "against": 12})
    after = talk.closes_at + timedelta(seconds=1)
    over = results.settle(talk, after)
    kind, payload = facts(city, talk)[-1]
    assert kind == "DialogueClosed"
    assert payload["votes_root"] == over.votes_root and len(over.votes_root) == 64
    assert (payload["votes"], payload["voters"], payload["early"]) == (240, 24, "")
    assert payload["consensus"] == [one.pk for one in statements[:3]]
    assert not Vote.objects.exclude(cast_at=None).exists()
    # Looked at again, later: the same end, no second fact, the same root.
    assert results.settle(over, after + timedelta(days=1)).closed_at == over.closed_at
    assert [k for k, _ in facts(city, talk)].count("DialogueClosed") == 1
    assert over.votes_root in citizen().get(at("results", talk)).content.decode()


def test_a_page_that_died_between_the_fact_and_its_row_closes_with_the_fact(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 12})
    after = talk.closes_at + timedelta(seconds=1)

    def die(*_args: object, **_more: object) -> None:
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as killed:
        killed.setattr(Conversation, "save", die)
        with pytest.raises(RuntimeError, match="killed"):
            results.settle(talk, after)
    assert Conversation.objects.get().closed_at is None
    assert Vote.objects.exclude(cast_at=None).exists()
    over = results.settle(Conversation.objects.get(), after + timedelta(minutes=5))
    assert over.closed_at == after and over.votes_root == facts(city, talk)[-1][1]["votes_root"]


def test_results_of_a_closed_dialogue_follow_from_its_votes_alone(city: City) -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 40, "against": 25})
    over = results.settle(talk, talk.closes_at)
    assert json.loads(json.dumps(over.shown))["all"] == json.loads(json.dumps(_again(over)))


def _again(over: Conversation) -> Any:
    import msgspec

    return msgspec.to_builtins(results.compute(over)[0].all)


def test_anybody_computes_the_root_and_a_voter_finds_their_own_votes(city: City) -> None:
    talk = open_talk()
    statements = state(talk)
    browser = citizen()
    for statement, choice in zip(statements, ("agree", "disagree", "pass"), strict=False):
        browser.post(at("vote", talk), {"statement": statement.pk, "choice": choice})
    people_vote(statements, {"for": 12})
    assert citizen().get(at("leaves", talk)).status_code == 404  # while people vote, a new line would tell when
    assert "list of all votes" not in browser.get(at("mine", talk)).content.decode()
    over = results.settle(talk, talk.closes_at)
    listed = citizen().get(at("leaves", talk)).content.decode().splitlines()
    assert len(listed) == 123 and listed == sorted(listed)
    assert rfc_6962([bytes.fromhex(line) for line in listed]).hex() == over.votes_root
    mine = browser.get(at("mine", talk)).content.decode()
    assert sum(line in mine for line in listed) == 3
    assert not any(line in citizen().get(at("mine", talk)).content.decode() for line in listed)


@pytest.mark.parametrize(
    "breach",
    [
        "UPDATE dialogue_vote SET choice = -choice",
        "UPDATE dialogue_vote SET voter = 'somebody else'",
        "DELETE FROM dialogue_vote",
        "INSERT INTO dialogue_vote (statement_id, voter, choice) SELECT min(id), 'late', 1 FROM dialogue_statement",
    ],
)
def test_postgresql_itself_changes_no_vote_that_was_counted(city: City, breach: str) -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 12})
    city.sql(
        breach.replace("DELETE FROM dialogue_vote", "DELETE FROM dialogue_vote WHERE voter = 'for-000'").replace(
            "'somebody else'", "voter || '!'"
        )
    )
    results.settle(talk, talk.closes_at)
    with pytest.raises(psycopg.Error, match="votes are counted"):
        city.sql(breach)  # as the owner


def test_ending_early_needs_a_reason_which_is_published(dpo: Client) -> None:
    talk = open_talk()
    assert dpo.post(at("close", talk), {"close-reason": "because"}).status_code == 422
    assert Conversation.objects.get().closed_at is None
    dpo.post(at("close", talk), {"close-reason": "The trial was withdrawn by the company."})
    assert "The trial was withdrawn by the company." in citizen().get(at("results", talk)).content.decode()


def test_every_page_says_when_a_dialogue_really_ended(dpo: Client) -> None:
    told = datetime.now(UTC) + timedelta(days=200)
    early = open_talk(closes_at=told)
    dpo.post(at("close", early), {"close-reason": "The trial was withdrawn by the company."})
    ended = Conversation.objects.get().closed_at
    assert ended is not None
    late = open_talk(subject_kind="experiment", closes_at=datetime.now(UTC) + timedelta(days=3))
    late = results.settle(late, late.closes_at + timedelta(days=300), early="Nobody had looked at it since.")
    assert (late.closed_early, late.ended_at) == ("", late.closes_at)
    for end, talk in ((ended, early), (late.closes_at, late)):
        shown = date_format(timezone.localtime(end), "j F Y")
        for page in (
            citizen().get(reverse("dialogue:index")),
            citizen().get(at("results", talk)),
            dpo.get(reverse("dialogue:desk")),
            dpo.get(at("desk_conversation", talk)),
        ):
            text = page.content.decode()
            assert shown in text
            for promised in (told, late.closes_at + timedelta(days=300)):
                assert date_format(timezone.localtime(promised), "j F Y") not in text


def test_nobody_ends_a_dialogue_over_statements_nobody_read(dpo: Client) -> None:
    talk = open_talk()
    citizen().post(at("say", talk), {"text": TEXTS[0]})
    reason = {"close-reason": "The council meets on Monday and must read it."}
    refused = dpo.post(at("close", talk), reason)
    assert refused.status_code == 422 and "Read what waits first: 1." in refused.content.decode()
    dpo.post(at("moderate", talk), {"statement": Statement.objects.get().pk, "verdict": "off_topic"})
    assert dpo.post(at("close", talk), reason).status_code == 302
    assert Conversation.objects.get().closed_at is not None


def test_two_who_close_at_once_close_once(city: City) -> None:
    talk = open_talk()
    people_vote(state(talk), {"for": 40, "against": 25})

    def close(_turn: int) -> tuple[str, datetime | None]:
        try:
            over = results.settle(Conversation.objects.get(pk=talk.pk), talk.closes_at)
            return over.votes_root, over.closed_at
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        ends = list(threads.map(close, range(3)))
    assert len(set(ends)) == 1 and ends[0][1] == talk.closes_at
    assert [kind for kind, _ in facts(city, talk)] == ["DialogueOpened", "DialogueClosed"]


def test_an_answer_that_answers_nothing_is_refused_and_a_later_one_hides_no_earlier(dpo: Client) -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    refused = dpo.post(at("answer", talk, statement.pk), {"text": "Noted.", "language": "en"})
    assert refused.status_code == 422 and "people waited for reasons" in refused.content.decode()
    for text in (ANSWER, ANSWER, "We were wrong: it cannot be switched off at night, because nobody is there."):
        dpo.post(at("answer", talk, statement.pk), {"text": text, "language": "en"})
    assert Answer.objects.count() == 2
    people_vote([statement], {"for": 12})
    page = citizen().get(at("results", talk)).content.decode()
    assert "We were wrong" in page and "Earlier answers" in page and ANSWER in page


# --- the desk ----------------------------------------------------------------------------------------------


def test_the_desk_lists_what_is_owed_first(dpo: Client) -> None:
    quiet, waiting, owing = (open_talk(subject_kind="experiment", subject_id=n) for n in _subjects(3))
    citizen().post(at("say", waiting), {"text": TEXTS[0]})
    people_vote(state(owing), {"for": 40, "against": 25})
    results.shown(owing, datetime.now(UTC))
    rows = dpo.get(reverse("dialogue:desk")).context["rows"]
    assert [(row["row"].pk, row["owed"], row["waiting"]) for row in rows] == [
        (owing.pk, 3, 0),
        (waiting.pk, 0, 1),
        (quiet.pk, 0, 0),
    ]


def _subjects(count: int) -> list[Any]:
    from tests.web.dialogue.talk import a_subject

    return [a_subject() for _ in range(count)]


def test_lists_cost_the_same_whatever_their_length(dpo: Client) -> None:
    from django.test.utils import CaptureQueriesContext

    def queries(browser: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        return len(caught)

    dpo.get(reverse("dialogue:desk"))  # a session's first page writes its ticket
    counts = []
    for subjects in (1, 2):
        for subject in _subjects(subjects):
            talk = open_talk(subject_kind="experiment", subject_id=subject)
            people_vote(state(talk), {"for": 12})
            results.shown(talk, datetime.now(UTC))
        counts.append((queries(dpo, reverse("dialogue:desk")), queries(citizen(), reverse("dialogue:index"))))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["operator", "administrator", "pilot"])
def test_the_desk_is_the_data_protection_officers_alone(city: City, role: str) -> None:
    talk = open_talk()
    (statement, *_) = state(talk)
    browser = city.client(role)
    for name, *more in (("desk_conversation",), ("answer", statement.pk)):
        assert browser.get(at(name, talk, *more)).status_code == 403
    for name in ("moderate", "propose", "close"):
        assert browser.post(at(name, talk)).status_code == 403
        assert citizen().post(at(name, talk)).status_code == 302
    assert Conversation.objects.get().closed_at is None


def test_the_citys_own_statement_says_so(dpo: Client) -> None:
    talk = open_talk()
    dpo.post(at("propose", talk), {"propose-text": TEXTS[0], "propose-language": "en"})
    page = citizen().get(at("conversation", talk)).content.decode()
    assert TEXTS[0] in page and "from the city" in page
    assert dpo.post(at("propose", talk), {"propose-text": "No!", "propose-language": "en"}).status_code == 422
