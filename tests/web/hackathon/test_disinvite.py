"""The desk takes back who was invited by mistake or never answers, as they would erase themselves."""

from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon.models import Conflict, Helper, Question, Review
from tests.web.hackathon.playing import BLIND, SEEN, Hackathon, project, somebody
from tests.web.hackathon.test_pages import handed_in, with_teams
from tests.web.pages import City

DESK = "/programme/hackathon/desk/spring/"


def _declared(played: Hackathon, *names: str) -> list[str]:
    links = [played.invite("juror", name) for name in names]
    for link in links:
        assert somebody().post(link, {"knows": ""}).status_code == 302
    return links


def _gone(played: Hackathon, name: str, **said: str) -> str:
    """Have the analyst take somebody's invitation back; return the page that says so."""
    address = f"{DESK}disinvite/{Helper.objects.get(name=name).pk}/"
    assert f'action="{address}"' in played.analyst.get(DESK).content.decode()
    answer = played.analyst.post(address, said, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _facts(city: City) -> list[tuple[str, dict[str, str], str]]:
    return city.sql(  # type: ignore[return-value]
        "SELECT payload->>'subject', payload->'facts', actor FROM ledger_event"
        " WHERE payload->>'action' = 'hackathon:helper:taken_back' ORDER BY seq"
    )


def test_the_desk_reads_which_juror_has_not_answered_and_takes_the_invitation_back(
    played: Hackathon, city: City
) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    _declared(played, "One", "Two")
    silent = played.invite("juror", "Silent <Sam>", email="sam@jury.invalid")
    kept = Helper.objects.get(name="Silent <Sam>").pk
    refused = played.desk("assign", each="1")
    said = refused.content.decode()
    assert refused.status_code == 409 and "Silent &lt;Sam&gt;" in said and "One" not in said.split("whom they know")[1]
    address = f"{DESK}disinvite/{kept}/"
    assert city.client("lead").post(address).status_code == 403 and Helper.objects.filter(pk=kept).exists()
    assert "disinvite" not in city.client("lead").get(DESK).content.decode()
    assert address in played.analyst.get(f"{DESK}jury/").content.decode()
    answer = played.analyst.post(address, {"at": "jury"})
    assert answer.headers["Location"] == f"{DESK}jury/"
    assert played.analyst.post(address).status_code == 302, "pressed twice"
    assert somebody().get(silent).status_code == 404 and not Helper.objects.filter(pk=kept).exists()
    by = f"user:{city.users['analyst'].pk}"
    assert [tuple(one) for one in _facts(city)] == [(f"spring/{kept}", {"kind": "juror"}, by)], "once, and names nobody"
    assert played.desk("assign", each="1").status_code == 302 and Review.objects.count() == 2


def test_marks_of_a_juror_who_was_taken_back_stay_and_what_they_did_not_mark_goes_to_another(
    played: Hackathon,
) -> None:
    handed_in(played, 2)
    played.at(Phase.REVIEW)
    one, two = _declared(played, "One", "Two")
    assert played.desk("assign", each="2").status_code == 302
    for review in Review.objects.filter(juror__name="One")[:1]:
        for given in (BLIND, SEEN):
            assert somebody().post(f"{one}{review.submission_id}/", given).status_code == 302
    assert "Nobody else may read one of the works" in _gone(played, "One"), "two are asked for, and one is left"
    assert Review.objects.filter(juror=None, done_at__isnull=False).count() == 1, "marks stay, by a number"
    assert Review.objects.count() == 3
    _declared(played, "Three")
    page = _gone(played, "Two")
    assert "Nobody else may read" in page and somebody().get(two).status_code == 404
    assert {row.juror.name for row in Review.objects.exclude(juror=None)} <= {"Three"}


def test_tables_of_a_mentor_who_was_taken_back_wait_again_and_whom_they_helped_stays_known(
    played: Hackathon,
) -> None:
    tables = with_teams(played, 1)
    played.at(Phase.WORK)
    helper = played.invite("mentor", "Both", email="both@mentors.invalid")
    for text in ("How do we count?", "And where?"):
        assert somebody().post(tables[1][0], {"do": "ask", "text": text, "skill": ""}).status_code == 302
    first, second = Question.objects.order_by("pk")
    for one, do in ((first, "take"), (first, "done"), (second, "take")):
        somebody().post(helper, {"do": do, "question": str(one.pk)})
    played.at(Phase.SUBMISSION)
    assert somebody().post(tables[1][0], project(1)).status_code == 302
    [juror] = [played.invite("juror", "Dr Both", email="BOTH+j@mentors.invalid")]
    assert "taken back" in _gone(played, "Both")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.taken_at, second.taken_by_id) == (None, None), "the table waits for another mentor"
    assert first.taken_at is not None and first.done_at is not None
    assert Conflict.objects.get().why == "mentored"
    played.at(Phase.REVIEW)
    assert somebody().post(juror, {"knows": ""}).status_code == 302
    assert played.desk("assign", each="1").status_code == 409, "who helped the team is still no juror of it"
