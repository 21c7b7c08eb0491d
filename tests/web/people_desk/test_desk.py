"""The people desk in the browser: a mistyped search, one record opened, queues decided; and who may not come in."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page

from necmergitur.governance import gate
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.population import checkins, confirming, missing, questions, tending
from necmergitur.operations.population.checkins import Registered
from necmergitur.operations.population.doors_ports import AskRow, MatchRow, OfferRow
from necmergitur.people import notices
from necmergitur.people.checkins import Channel, CheckIn, Form, read
from necmergitur.people.contacts import Contact
from necmergitur.people.notices import Asking, Declaration, Declared, Question, Reply
from necmergitur.people.records import DEAD, Note
from necmergitur.people.shelter import Ask, Meeting, Offer
from necmergitur.web.store import store
from tests.logins import as_app
from tests.web.conftest import accessibility_problems
from tests.web.pages import City
from tests.web.people_desk.scene import Night
from tests.web.test_pages import VIEWPORTS, _keep

HERE = "/console/people/"
ASKED = {"name": "Amelie Durant", "purpose": "family", "reason": "her mother is on the line"}


# Opens a record as the form beside a candidate does, with what the page's own forms carry.
OPEN = """(said) => {
  const form = document.querySelector("form[action*='/search/']");
  const made = document.createElement("form");
  made.method = "post"; made.action = "/console/people/record/";
  for (const name of ["csrfmiddlewaretoken", "crisis"]) said[name] = form.elements[name].value;
  for (const [name, value] of Object.entries(said)) {
    const field = document.createElement("input");
    field.name = name; field.value = value; made.append(field);
  }
  document.body.append(made); made.submit();
}"""


@pytest.fixture
def night(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    return Night(city, tmp_path)


@pytest.fixture
def finder(city: City, night: Night, tmp_path: Path) -> Iterator[None]:
    """The process that holds the names."""
    environ = {**os.environ, "NEC_HOME": str(tmp_path), "NEC_DATABASE_URL": as_app(city.url)}
    process = subprocess.Popen([sys.executable, "-m", "necmergitur.app.cli", "finder"], env=environ)
    yield
    process.terminate()
    process.wait(10)


def search(city: City, role: str = "liaison", language: str = "en", **changes: str) -> Any:
    return city.client(role, language).post(f"{HERE}search/", ASKED | changes)


def until_found(city: City) -> Any:
    deadline = time.monotonic() + 30
    while True:
        answer = search(city)
        if "Amélie Durand" in answer.content.decode():
            return answer
        assert time.monotonic() < deadline, answer.content.decode()
        time.sleep(0.3)


def declared(night: Night, name: str, **more: Any) -> bytes:
    once = os.urandom(16)
    number = missing.record_id(night.key, once, "here.example")
    form = Declaration(name=name, author="Rose Durand", contact="rose@example.org", **more)
    said = notices.declare(form, once, number, "here.example", "FR")
    assert isinstance(said, Declared), said
    answer = missing.declare(store(), night.crisis, night.key, said, os.urandom(16), night.now)
    assert answer
    return bytes(night.key.row_of(answer.link))


def test_a_mistyped_search_leads_to_one_record_and_every_step_is_written_down(
    city: City, night: Night, finder: None
) -> None:
    night.says("Amélie Durand", words="chez Paul")
    page = until_found(city).content.decode()
    assert "chez Paul" not in page, "a candidate is enough to choose, not to find"
    row = re.search(r'name="kind" value="(\w+)"><input type="hidden" name="id" value="(\w+)"', page)
    assert row is not None
    sent = {"kind": row[1], "id": row[2], "purpose": "family", "reason": "her mother is on the line"}
    opened = city.client("liaison").post(f"{HERE}record/", sent)
    assert "chez Paul" in opened.content.decode()
    assert "no-store" in opened.headers["Cache-Control"]
    looks = {row[0] for row in city.sql("SELECT DISTINCT what FROM population.look")}
    assert looks == {"search", "candidate", "record"}


def test_without_the_finder_the_page_says_what_to_do(city: City, night: Night) -> None:
    refused = search(city, language="fr")
    assert refused.status_code == 409
    assert "quelques secondes" in refused.content.decode()
    assert search(city, reason=" ").status_code == 422
    assert search(city, purpose="curiosity").status_code == 422


def test_other_roles_do_not_come_in(city: City, night: Night) -> None:
    for role in ("operator", "pilot", "technician", "responder", "administrator", "dpo"):
        assert city.client(role).get(HERE).status_code == 403
        assert search(city, role).status_code == 403
        for queue in ("duplicates", "waiting", "liaison"):
            assert city.client(role).get(f"{HERE}{queue}/").status_code == 403
    assert city.client("liaison").post(f"{HERE}canary/").status_code == 403
    for role in ("liaison", "lead", "duty_officer"):
        assert city.client(role).get(HERE).status_code == 200


@pytest.mark.parametrize("page", ["", "duplicates/", "waiting/", "liaison/", "abuse/"])
def test_what_the_gate_refuses_no_page_of_the_desk_shows(
    city: City, night: Night, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crisis is there, the role is held; the gate alone says no."""
    assert city.client("liaison").get(f"{HERE}{page}").status_code == 200
    monkeypatch.setattr(gate, "access", lambda *_: Refusal(rule="gate_table_stale", owner="gate"))
    assert city.client("liaison").get(f"{HERE}{page}").status_code == (403 if page else 200)


def test_an_appeal_waits_for_the_desk_and_what_it_decides_holds(city: City, night: Night) -> None:
    row_id = declared(night, "Amélie Durand", listed="yes")
    page = city.client("liaison").get(f"{HERE}waiting/").content.decode()
    assert "Amélie Durand" in page
    assert city.sql("SELECT DISTINCT what FROM population.look") == [("queue",)]
    sent = {"kind": "person", "id": row_id.hex(), "keep": "yes"}
    assert city.client("liaison").post(f"{HERE}waiting/decide/", sent).status_code == 303
    assert "Amélie Durand" not in city.client("liaison").get(f"{HERE}waiting/").content.decode()
    assert city.sql("SELECT hidden FROM population.person") == [(0,)]


def test_a_death_takes_two_people_and_the_family_before_anybody_else(city: City, night: Night) -> None:
    row_id = declared(night, "Amélie Durand")
    note = Note(
        note_record_id="here.example/n.1",
        person_record_id="here.example/p.1",
        author_name="Hôpital",
        source_date=night.now,
        status=DEAD,
        text="bed 12",
    )
    by = night.who("liaison")
    said = tending.write(store(), night.crisis, night.key, row_id, note, by, os.urandom(16), os.urandom(16), night.now)
    assert said is True
    ((note_id,),) = city.sql("SELECT id FROM population.note")
    sent = {"id": bytes(note_id).hex(), "what": "agree"}
    assert "somebody else confirms" in city.client("liaison").get(f"{HERE}liaison/").content.decode()
    assert city.client("liaison").post(f"{HERE}liaison/decide/", sent).status_code == 409
    assert city.client("lead").post(f"{HERE}liaison/decide/", sent).status_code == 303
    assert city.client("lead").post(f"{HERE}liaison/decide/", sent | {"what": "told"}).status_code == 303
    assert city.sql("SELECT agreed_by IS NOT NULL, family_told_at IS NOT NULL FROM population.note") == [(True, True)]


def opens(city: City, row_id: bytes, role: str = "liaison") -> str:
    """Open a notice; return the page."""
    sent = {"kind": "person", "id": row_id.hex(), "purpose": "family", "reason": "her mother is on the line"}
    return str(city.client(role).post(f"{HERE}record/", sent).content.decode())


def tends(city: City, row_id: bytes, what: str, role: str = "liaison", **said: str) -> Any:
    return city.client(role).post(f"{HERE}tend/", {"id": row_id.hex(), "what": what, **said})


def test_whoever_confirms_a_death_reads_who_it_is_and_whom_to_tell(city: City, night: Night) -> None:
    row_id, hospital = declared(night, "Bruno Keller"), declared(night, "Keller, Bruno")
    by = night.who("liaison")
    assert tending.link(store(), night.crisis, row_id, hospital, by, night.now) is True
    assert tends(city, hospital, "write", status=DEAD, text="bed 12").status_code == 302
    page = city.client("lead", "fr").get(f"{HERE}liaison/").content.decode()
    assert "Keller, Bruno" in page
    assert "rose@example.org" in page, "the family's notice is linked: whom to tell"
    ((note_id,),) = city.sql("SELECT id FROM population.note")
    refused = city.client("liaison", "fr").post(f"{HERE}liaison/decide/", {"id": bytes(note_id).hex(), "what": "agree"})
    assert "Quelqu\u2019un d\u2019autre le confirme." in refused.content.decode()


def test_the_desk_calls_an_author_back_writes_to_them_and_closes_their_notice(city: City, night: Night) -> None:
    row_id = declared(night, "Amélie Durand", listed="yes")
    assert tending.show(store(), night.crisis, row_id, night.who("liaison"), night.now) is True
    page = opens(city, row_id)
    assert "I called the author back" in page and "Close this notice" in page
    assert tends(city, row_id, "verify").status_code == 302
    assert "I called the author back" not in opens(city, row_id)
    assert tends(city, row_id, "write", status="believed_alive", text="She is at the town hall.").status_code == 302
    assert tends(city, row_id, "write").status_code == 422, "nothing was written"
    assert tends(city, row_id, "close", "operator").status_code == 403
    done = city.client("liaison").post(f"{HERE}tend/", {"id": row_id.hex(), "what": "close"}, follow=True)
    assert "counts no more" in done.content.decode()
    assert "This notice is closed" in opens(city, row_id)
    assert missing.appeals(store(), night.crisis, night.key, datetime.now(UTC)) == []
    facts = {row[0] for row in city.sql("SELECT payload->>'action' FROM ledger_event WHERE kind = 'Audited'")}
    assert {"liaison:notice:verify", "liaison:notice:write", "liaison:notice:close"} <= facts


def test_a_notice_whose_person_checked_in_is_closed_once_the_desk_says_so(city: City, night: Night) -> None:
    night.says("Amélie Durand", contact="06 98 76 54 32")
    kept = declared(night, "Amélie Durand", sought="06 98 76 54 32")
    declared(night, "Amelie D.", sought="06 98 76 54 32")
    questions.match(store(), night.crisis, night.now)
    page = city.client("liaison").get(f"{HERE}liaison/").content.decode()
    pairs = re.findall(r'name="ids" value="([0-9a-f-]+)"', page)
    assert len(pairs) == 2
    for ids in pairs:
        what = "same" if ids.startswith(kept.hex()) else "close"
        sent = {"ids": ids, "what": what}
        assert city.client("liaison").post(f"{HERE}liaison/decide/", sent).status_code == 303
    assert 'name="ids"' not in city.client("liaison").get(f"{HERE}liaison/").content.decode()
    assert city.sql("SELECT id = %s, expires_at IS NULL FROM population.person ORDER BY 2", kept) == [
        (False, False),
        (True, True),
    ]


def blocked(night: Night) -> str:
    """Let somebody ask after a woman who blocks them; return the digest of their address."""
    night.says("Amélie", contact="+33612345678")
    asked = notices.ask(Asking("+33612345678", "A Stalker", "stalker@example.org", "", "where are you"), "FR")
    assert isinstance(asked, Question)
    for number in (b"a" * 16, b"b" * 16):
        questions.ask(store(), night.crisis, night.key, asked, number, os.urandom(16), night.now)
    questions.match(store(), night.crisis, night.now)
    tell = questions.to_tell(store(), night.crisis, night.key)[0]
    questions.answer(store(), night.crisis, night.key, tell.link, Reply("block"), os.urandom(16), night.now)
    return night.key.lookup("email", "stalker@example.org").hex()  # type: ignore[no-any-return]


def reported(night: Night) -> bytes:
    """Let a guest report a host; return the match."""
    key, now = night.key, datetime.now(UTC)
    offer_id, ask_id, match_id = (os.urandom(16) for _ in range(3))
    phones = [Contact("phone", f"+3361234567{n}") for n in (1, 2)]
    offer = Offer(name="Hélène", phone=phones[0], address="1 rue X", cell="891fb466257ffff", places=2)
    ask = Ask(name="Gaël", phone=phones[1], cell="891fb466257ffff", people=1)
    meeting = Meeting("b-1", 2.35, 48.85, 4, "1", "2", reported="he followed me")
    seals = [
        key.seal(bytes(16), msgspec.json.encode(s), i)
        for s, i in ((offer, offer_id), (ask, ask_id), (meeting, match_id))
    ]
    parts = {"crisis_id": night.crisis.id, "salt": bytes(16), "at": now, "changed_at": now}
    with store().transaction() as tx:
        until = {"until": now + timedelta(hours=2)}
        tx.put_offer(
            OfferRow(
                id=offer_id, sealed=seals[0], contact=b"h" * 16, state=2, level=1, places=2, free=2, **parts, **until
            )
        )
        tx.put_request(AskRow(id=ask_id, sealed=seals[1], contact=b"g" * 16, state=2, people=1, **parts, **until))
        row = MatchRow(id=match_id, offer_id=offer_id, request_id=ask_id, sealed=seals[2], state=1, people=1, **parts)
        tx.put_match(row)
        tx.change_match(msgspec.structs.replace(row, state=8, reported_by=2, alerted_at=now))
    return match_id


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages_and_themes(city: City, enter: Callable[..., Page]) -> None:
    night = Night(city, settings.HOME)  # where the served pages look for keys
    row_id = declared(night, "Amélie Durand", listed="yes", age="8")
    tending.link(store(), night.crisis, row_id, declared(night, "Durand, A."), night.who("liaison"), night.now)
    for name in ("Bruno Keller", "B. Keller"):
        dead = declared(night, name, sought="06 98 76 54 32")
    tends(city, dead, "write", status=DEAD, text="bed 12")
    opens(city, row_id)  # by the family liaison, whom the lead oversees
    incident, device = night.calls(night.says("Bruno", "need_help", contact="06 98 76 54 32", words="chez Paul"))
    contact, match_id = blocked(night), reported(night)
    problems: list[str] = []

    def look(page: Page, where: str, name: str = "") -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found = accessibility_problems(page) + page.complaints  # type: ignore[attr-defined]
        problems.extend(f"{where}: {one}" for one in [*found, *([f"{wide} px too wide"] if wide > 0 else [])])
        if name:
            _keep(page, f"people-desk-{name}-{language}-{theme}-{size}")

    addresses = {
        "search": "", "waiting": "waiting/", "abuse": "abuse/", "duplicates": "duplicates/", "list": "list/",
        "families": "liaison/", "looks": "looks/", "call": f"calls/{incident}/{device}/",
    }  # fmt: skip
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        page = enter("lead", language, theme, viewport=VIEWPORTS[size])
        for name, where in addresses.items():
            page.goto(HERE + where)
            look(page, f"{where} {language}", name)
        page.fill("[name=reason]", "to call back")
        page.click("main form .button--primary")
        look(page, f"a call's words {language}")
        page.goto(f"{HERE}?done=close")
        look(page, f"done {language}")
        page.evaluate(OPEN, {"id": row_id.hex(), "kind": "person", "purpose": "family", "reason": "her mother"})
        page.wait_for_url(f"**{HERE}record/")
        look(page, f"a record {language}", "record")
        page.goto(f"{HERE}looks/")
        page.locator("main form[action*='/looks/'] button").first.click()
        page.wait_for_url(f"**{HERE}looks/*/")
        look(page, f"an agent's reasons {language}")
        for name, where in (("asker", f"abuse/asker/{contact}/"), ("report", f"abuse/report/{match_id.hex()}/")):
            page.goto(f"{HERE}abuse/")
            page.click(f"main a[href*='{where}']")
            look(page, f"why {name} {language}")
            page.fill("main [name=reason]", "they called us")
            with page.expect_navigation():
                page.click("main form .button--primary")
            look(page, f"{name} {language}", f"abuse-{name}")
    assert problems == []


def test_who_looked_is_for_those_who_answer_for_it(city: City, night: Night) -> None:
    declared(night, "Amélie Durand", listed="yes")
    search(city)  # the finder is away; the search is written down all the same
    number = city.users["liaison"].pk
    page = city.client("dpo").get(f"{HERE}looks/").content.decode()
    assert "Liaison Test" in page
    shown = city.client("dpo").post(f"{HERE}looks/{number}/").content.decode()
    assert "her mother is on the line" in shown
    assert city.client("liaison").get(f"{HERE}looks/").status_code == 403
    assert city.client("liaison").post(f"{HERE}looks/{number}/").status_code == 403
    own = city.users["lead"].pk
    assert city.client("lead").post(f"{HERE}looks/{own}/").status_code == 409


def test_a_hospital_s_list_is_taken_in_once_and_a_death_waits_for_a_second_person(city: City, night: Night) -> None:
    sheet = "numéro;nom;sexe;état\n1;Amélie Durand;f;admise\n2;Bruno Keller;m;décédé\n3;;f;admise\n"

    def send() -> str:
        file = SimpleUploadedFile("liste.csv", sheet.encode())
        answer = city.client("liaison").post(f"{HERE}list/take/", {"hospital": "Salpêtrière", "file": file})
        return answer.content.decode()

    first = send()
    assert "2 people new or changed" in first
    assert "There is no name." in first
    assert "0 people new or changed, 2 as before" in send()
    assert city.sql("SELECT count(*) FROM population.person") == [(2,)]
    page = city.client("lead").get(f"{HERE}liaison/").content.decode()
    assert "believed dead" in page and "I confirm this death" in page
    assert b"Keller" not in b"".join(bytes(row[0]) for row in city.sql("SELECT sealed FROM population.person"))
    assert city.client("operator").post(f"{HERE}list/take/", {}).status_code == 403
    assert city.client("liaison").post(f"{HERE}list/take/", {"hospital": ""}).status_code == 422


def test_a_number_nobody_confirmed_waits_at_the_desk_and_hides_nothing_before(city: City, night: Night) -> None:
    person = declared(night, "Amélie Durand", sought="+33612345678", listed="yes")
    assert tending.show(store(), night.crisis, person, night.who("operator"), night.now) is True
    said = read(Form(name="Whoever", status="safe", contact="+33612345678"), b"o" * 16, Channel.PAGE, "FR")
    assert isinstance(said, CheckIn)
    (answer,) = checkins.take(store(), night.crisis, night.key, [(said, os.urandom(16))], night.now)
    assert isinstance(answer, Registered)
    row = night.key.row_of(answer.link)
    assert (
        confirming.ask_nobody(store(), night.crisis, night.key, answer.link, os.urandom, "https://x/", night.now)
        is None
    )
    page = city.client("liaison", "en").get(f"{HERE}waiting/").content.decode()
    assert "Number not confirmed" in page and "+33612345678" in page and "Amélie Durand" in page
    sent = {"kind": "claim", "id": row.hex(), "keep": "yes", "crisis": str(night.crisis.id)}
    assert city.client("pilot", "en").post(f"{HERE}waiting/decide/", sent).status_code == 403
    assert len(missing.appeals(store(), night.crisis, night.key, night.now)) == 1
    assert city.client("liaison", "en").post(f"{HERE}waiting/decide/", sent).status_code == 303
    assert missing.appeals(store(), night.crisis, night.key, night.now) == []
    told = city.sql("SELECT payload::text FROM ledger_event WHERE kind = 'Audited' ORDER BY seq DESC LIMIT 1")
    assert "number:settle" in told[0][0] and "612345678" not in told[0][0]


def test_the_queue_of_abuse_names_nobody_before_a_reason_and_keeps_a_number_out(city: City, night: Night) -> None:
    contact = blocked(night)
    agent = city.client("liaison", "en")
    page = agent.get(f"{HERE}abuse/").content.decode()
    assert "1 person blocked them" in page and "Stalker" not in page and "stalker@" not in page
    shown = agent.post(f"{HERE}abuse/asker/{contact}/", {"reason": "blocked"}).content.decode()
    assert "A Stalker" in shown and "where are you" in shown
    sent = {"what": "ban", "id": contact, "words": "follows her", "crisis": str(night.crisis.id)}
    assert city.client("operator", "en").post(f"{HERE}abuse/act/", sent).status_code == 403
    assert agent.post(f"{HERE}abuse/act/", sent).status_code == 303
    page = agent.get(f"{HERE}abuse/").content.decode()
    assert "follows her" in page and "Let them in again" not in page
    number = re.search(r'name="number" value="(\d+)"', city.client("lead", "en").get(f"{HERE}abuse/").content.decode())
    assert number is not None
    lift = {"what": "lift", "number": number[1], "crisis": str(night.crisis.id)}
    assert agent.post(f"{HERE}abuse/act/", lift).status_code == 409
    assert city.client("lead", "en").post(f"{HERE}abuse/act/", lift).status_code == 303
    assert "Nobody is kept out" in agent.get(f"{HERE}abuse/").content.decode()


def test_a_report_is_opened_and_closed_by_family_liaison(city: City, night: Night) -> None:
    match_id = reported(night)
    agent = city.client("liaison", "en")
    page = agent.get(f"{HERE}abuse/").content.decode()
    assert "by the guest" in page and "Hélène" not in page
    shown = agent.post(f"{HERE}abuse/report/{match_id.hex()}/", {"reason": "she called us"})
    assert shown.status_code == 200
    assert all(word in shown.content.decode() for word in ("Hélène", "Gaël", "he followed me"))
    done = {"what": "kept_out", "id": match_id.hex(), "crisis": str(night.crisis.id)}
    assert agent.post(f"{HERE}abuse/act/", done).status_code == 303
    assert "by the guest" not in agent.get(f"{HERE}abuse/").content.decode()
    assert city.sql("SELECT state FROM population.offer") == [(3,)], "held"
