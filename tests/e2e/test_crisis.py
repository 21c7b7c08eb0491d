"""A drill from its first call to its erasure, as everybody in it lives it, in front of a whole city.

Everything is real but who presses and what carries messages: processes, database, worker, the process that holds names,
browsers, telephones without script. A lead and a duty officer open it around a call; people say how they are; the desk
looks for one of them, and strangers learn nothing; a family and a host meet; a hospital's list meets the notices of
families; then it is closed, and an auditor proves that all it held is gone.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import urllib3
from playwright.sync_api import Page, expect
from psycopg import sql

from necmergitur.sim.bench import screen
from necmergitur.sim.bench.whole import Size, Whole
from necmergitur.sim.population.needles import Needles
from tests.e2e.acting import SOON_S, asked, at_work, hold, inbox, living, nec, plain, submit, telephone, until
from tests.e2e.doors import GUEST, HOST, meet_at_a_door
from tests.e2e.stalker import Stalker, checks_in

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(600)]

CITY = Size(zones=24, buttons=200, quarters=8, shards=1, surroundings="city")
LEAD, OFFICER, LIAISON = "marne@demo.invalid", "oise@demo.invalid", "durance@demo.invalid"
TOLD_S = 30.0  # the promise: from the link to "your people know"
NAMES_S = 60.0  # questions that have a name alone are looked at twice a minute
ERASED_S = 60.0  # ten seconds for a drill kept for no day, and the worker's turn
# Who says that they are safe, how the desk hears of them, and who else has nearly that name.
SAFE, HEARD = "محمد الخوري", "Mouhamad El Kouri"
PHONE, MAIL, WORDS = "06 98 76 54 32", "elkhouri@mail.example", "Chez Paulette, troisième étage"
RELATIVES = {"06 11 22 33 44": "+33611223344", "+44 7700 900123": "+447700900123", MAIL: MAIL}
ALIKE = ("Mohamed Courbet", "Muriel El Khatib", "Ahmad Khoury", "Mohammed Elkaïm", "Maud Courry", "محمد خليل")
# Two families, and whom they look for.
DEAD, HIS_PHONE, SISTER = "Bruno Kellermann", "06 12 00 55 31", "rose.kellermann@mail.example"
FOUND, MOTHER = "Fatoumata Diallo-Sow", "awa.diallo@mail.example"
AT_HOSPITAL = "Diallo Sow Fatou"
SHEET = (
    "numéro;nom de famille;prénom;né le;sexe;description;téléphone;état;service\n"
    f"1;Kellermann;Bruno;12/03/1984;h;;{HIS_PHONE};décédé;Bloc 2\n"
    "2;Diallo Sow;Fatou;;f;manteau rouge;;admise;Urgences\n"
    "3;;;;;;;;\n"
)
COUNTS_ALONE = {"batch", "tally"}  # roots over what was taken, and how many: nothing about anybody
SECRETS = (
    SAFE, PHONE, MAIL, WORDS, *RELATIVES, *HOST.values(), *GUEST.values(), DEAD, HIS_PHONE, SISTER, FOUND, MOTHER,
    "Kellermann", "Diallo Sow", "manteau rouge", HEARD, *ALIKE,
)  # fmt: skip


@pytest.fixture
def city() -> Iterator[Whole]:
    with living(CITY) as running:
        yield running


def written(secret: str) -> set[bytes]:
    """Return a secret in every form it may have been written in."""
    forms = {secret, secret.replace(" ", ""), plain(secret)} if secret[0] in "0+" else {secret}
    return {one.encode() for one in forms}


def press(city: Whole) -> UUID:
    """Somebody presses a post in the street; return the incident it opened."""
    post = city.posts()[0]
    lamp = urllib3.request("POST", f"{city.settings.sim_devices_url}/press/{post}?kind=violence", timeout=15.0)
    assert lamp.json()["lamp"] == "lit"
    found = asked(city, "SELECT incident_id FROM signal WHERE device_id = %s ORDER BY received_at DESC LIMIT 1", post)
    assert isinstance(found, UUID)
    return found


def takes_nothing(city: Whole) -> bool:
    return b"<form" not in urllib3.request("GET", f"{city.url}/drill/safe").data


def open_drill(city: Whole, lead: Page, officer: Page) -> UUID:
    """A lead asks for a drill from the page of a call; a duty officer reads it and agrees."""
    lead.goto(f"/console/incidents/{press(city)}/")
    lead.get_by_role("link", name="Ask for a crisis around it").click()
    said = {"real": "drill", "name": "République", "radius_km": "2", "kept_days": "0", "reason": "The yearly drill."}
    submit(lead, "main form[action$='/ask/']", said)
    expect(lead.locator("main")).to_contain_text("You asked for it: somebody else confirms.")
    assert lead.get_by_role("button", name="I agree").count() == 0, "nobody confirms their own wish"
    assert takes_nothing(city)
    officer.goto("/console/crises/")
    hold(officer, "I agree: open this drill")
    expect(officer.locator("main")).to_contain_text("Drill, open")
    until("the drill opens to telephones", lambda: not takes_nothing(city), SOON_S)
    found = asked(city, "SELECT id FROM population.crisis WHERE opened_at IS NOT NULL")
    assert isinstance(found, UUID)
    return found


def say_safe(phone: Page) -> str:
    """Somebody in the street says that they are safe, without script; return the address of their receipt."""
    phone.goto("/drill/safe")
    assert "drill" in phone.locator("body").inner_text().lower(), "a drill says on every page that it is one"
    phone.get_by_text("I am safe", exact=True).click()
    phone.get_by_label("Your name").fill(SAFE)
    phone.get_by_label("A few words").fill(WORDS)
    phone.get_by_text("Tell your family and friends").click()
    phone.get_by_label("Your phone number or e-mail address").fill(PHONE)
    for number, relative in enumerate(RELATIVES, 1):
        phone.get_by_label(f"Person {number}").fill(relative)
    began = time.monotonic()
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="It is recorded")).to_be_visible()
    receipt = phone.url
    for relative in RELATIVES.values():
        until(f"{relative} is told", lambda to=relative: inbox(phone, to, SAFE, "“I am safe.”"), SOON_S)
    assert time.monotonic() - began < TOLD_S
    assert inbox(phone, MAIL)[0].count("[DRILL]") == 1
    phone.locator("main a[href*='/drill/safe/s/']").first.click()
    expect(phone.get_by_role("heading", name=SAFE)).to_be_visible()
    assert PHONE not in phone.content() and WORDS not in phone.content()
    phone.goto(receipt)
    assert "3 people have been told" in phone.locator("main").inner_text()
    return receipt


def search(desk: Page, name: str, **changes: str) -> None:
    desk.goto("/console/people/")
    said = {"name": name, "purpose": "family", "reason": "His brother calls from Lyon.", **changes}
    submit(desk, "main form[action*='/search/']", said)


def open_record(desk: Page, asked_for: str, name: str) -> None:
    """Look for somebody as one heard of them, until they are among those found; open their record."""
    row = desk.locator("#found ~ .table-scroll tbody tr", has_text=name)

    def found() -> bool:
        search(desk, asked_for)
        return row.count() > 0

    until(f"the desk finds {name}", found, SOON_S)
    row.first.get_by_role("button").click()
    expect(desk.get_by_role("heading", name="One record")).to_be_visible()


def find_at_the_desk(desk: Page, phone: Page, receipt: str) -> None:
    """Somebody at the desk types a name as they heard it, says why, and opens the right record; the person sees it."""
    search(desk, HEARD, reason=" ")
    assert desk.locator("#found").count() == 0, "nobody looks without a reason"
    open_record(desk, HEARD, SAFE)
    expect(desk.locator("main")).to_contain_text("Yes, through the relay")
    assert plain(PHONE)[3:] not in desk.content().replace(" ", "")
    phone.goto(receipt)
    expect(phone.locator("main")).to_contain_text("Who read this")
    expect(phone.locator("main")).to_contain_text("the desk for families")


def stalk(city: Whole) -> Stalker:
    """Somebody who knows a name, a number and an address tries every way in, beside the same for nobody."""
    stalker = Stalker(city.url)
    here = (SAFE, HEARD, PHONE, plain(PHONE), MAIL, ALIKE[0])
    nobody = ("Nobody Atall", "فلان الفلاني", "06 00 00 00 01", "+33600000002", "nobody@mail.example")
    assert len({stalker.asks(whom) for whom in (*here, *nobody)}) == 1, "the same to the byte"
    assert len({stalker.declares(number) for number in (PHONE, MAIL, "06 00 00 00 03", "no@mail.example")}) == 1
    for where, answers in stalker.guesses().items():
        assert len(answers) == 1, f"{where}: a guess tells something"
        # Whether somebody may be found is set by a form, which says the same to a wrong link.
        assert answers.pop()[:3] == (b"200" if "nobody" in where else b"404"), where
    questions, receipts = stalker.replays(SAFE, PHONE)
    assert (len(questions), len(receipts)) == (1, 1), "a form sent again is the same form"
    let_in = {where: status for where, status in stalker.knocks(SAFE).items() if status not in (302, 401, 403, 404)}
    assert let_in == {}
    assert 429 in stalker.hammers(SAFE, 40)
    stalker.reads_what_is_public()
    return stalker


def refuse(phone: Page) -> None:
    """The person reads that somebody asks, sees who says so, and tells them nothing."""
    until("the person is asked", lambda: inbox(phone, plain(PHONE), "Somebody asks how you are"), SOON_S)
    links = phone.locator("main li", has_text=plain(PHONE)).locator("a[href*='/find/answer/']")
    for address in [one.get_attribute("href") for one in links.all()]:
        phone.goto(str(address))
        phone.get_by_label("Nothing: they will not know that you read this").check()
        phone.get_by_role("button", name="Send").click()
        expect(phone.locator("main")).to_contain_text("Done.")


def got_nothing(stalker: Stalker, phone: Page) -> None:
    """Refused, unanswered and unknown look the same, whatever was done since; and nothing of anybody ever came."""
    questions, notices = stalker.looks_again()
    assert (len(questions), len(notices)) == (1, 1)
    assert inbox(phone, stalker.CONTACT) == [], "nobody wrote to them"
    loot = b"\n".join(stalker.got)
    assert b"Alix Example" in loot, "what they typed themselves came back, so what is looked for would be found"
    for secret in set(SECRETS) - {SAFE, PHONE, MAIL, HEARD}:  # what they typed themselves is shown to them again
        assert not any(form in loot for form in written(secret)), secret
    assert b"I am safe" not in re.sub(rb"<label.*?</label>", b"", loot, flags=re.DOTALL)


def declare(phone: Page, name: str, contact: str, sought: str = "", author: str = "Rose") -> str:
    """A family declares somebody missing; return the private address of the notice."""
    phone.goto("/drill/find/declare/")
    for said in (
        {"Their name": name}, {}, {"A street, a station, a hall": "République"}, {"Their own phone number": sought},
        {"Your name": author, "Your phone number": contact, "What are you to them?": "family"}, {},
    ):  # fmt: skip
        for label, value in said.items():
            phone.get_by_label(label).fill(value)
        phone.get_by_role("button", name="Go on").click()
    phone.get_by_role("button", name="Send it").click()
    phone.wait_for_url("**/find/follow/**")
    return phone.url


def import_a_list(desk: Page, phone: Page) -> tuple[str, str]:
    """Two families look for somebody; a hospital sends its list, and the desk brings them together."""
    his = declare(phone, DEAD, SISTER, sought=HIS_PHONE)
    hers = declare(phone, FOUND, MOTHER, author="Awa")
    desk.goto("/console/people/list/")
    desk.get_by_label("Whose list it is").fill("Hôpital Saint-Louis")
    desk.get_by_label("The file").set_input_files(
        [{"name": "liste.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}]
    )
    desk.get_by_role("button", name="Take it in").click()
    expect(desk.locator("#done ~ p").first).to_contain_text("2 people new or changed, 0 as before")
    expect(desk.locator("main")).to_contain_text("There is no name.")
    desk.get_by_role("link", name="Reconcile with the people looked for").click()
    pair = desk.locator("main section.panel")
    for name in (DEAD, FOUND):
        of = pair.filter(has_text=name).filter(has_text="Saint-Louis")
        until(f"{name} is proposed", lambda of=of: desk.reload() and of.count() > 0, SOON_S)
        of.first.get_by_role("button", name="One person: link").click()
    return his, hers


def close_cases(desk: Page, lead: Page, phone: Page, his: str, hers: str) -> None:
    """A death takes two people, and a third step before anybody learns it; whoever lives is told by the desk."""
    desk.goto("/console/people/liaison/")
    expect(desk.locator("main")).to_contain_text("You wrote it: somebody else confirms.")
    assert desk.get_by_role("button", name="I confirm this death").count() == 0
    lead.goto("/console/people/liaison/")
    expect(lead.locator("main")).to_contain_text(SISTER)
    hold(lead, "I confirm this death")
    phone.goto(his)
    assert "died" not in phone.content(), "a page tells nobody of a death before a person did"
    desk.goto("/console/people/liaison/")
    hold(desk, "A person told the family")
    open_record(desk, AT_HOSPITAL, FOUND)
    expect(desk.locator("main")).to_contain_text("Hôpital Saint-Louis")
    desk.get_by_label("What the desk or the hospital knows").select_option("believed_alive")
    desk.get_by_label("In words").fill("Elle est à Saint-Louis, nous vous appelons.")
    desk.get_by_role("button", name="Write it on the notice").click()
    open_record(desk, AT_HOSPITAL, FOUND)
    desk.get_by_role("button", name="Close this notice").click()
    expect(desk.get_by_role("status")).to_contain_text("counts no more")
    phone.goto(hers)
    expect(phone.locator("main")).to_contain_text("Saint-Louis, nous vous appelons")
    expect(phone.locator("main")).to_contain_text("The crisis desk has closed this notice")


def end(city: Whole, crisis: UUID, officer: Page, phone: Page, private: list[str]) -> None:
    """One of them closes it while somebody types; within a minute nothing about anybody is left."""
    phone.goto("/drill/safe")
    phone.get_by_text("I am safe", exact=True).click()
    phone.get_by_label("Your name").fill("Zoé Tardive")
    officer.goto("/console/crises/")
    hold(officer, "Close it")
    until("telephones take nothing more", lambda: takes_nothing(city), SOON_S)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("alert")).to_contain_text("Not recorded: the crisis was closed")
    assert phone.get_by_label("Your name").input_value() == "Zoé Tardive"
    officer.goto(f"/console/crises/{crisis}/")
    expect(officer.locator("main")).to_contain_text("Counts only")
    until("its clock runs out", lambda: erased_at(city) is not None, ERASED_S)
    officer.reload()
    expect(officer.locator("main")).to_contain_text("its key was destroyed and its rows were dropped")
    for address in private:
        assert phone.goto(address).status == 404, "a private link opens nothing any more"  # type: ignore[union-attr]


def erased_at(city: Whole) -> int | None:
    found = asked(city, "SELECT max(seq) FROM ledger_event WHERE kind = 'CrisisErased'")
    return None if found is None else int(found)


def only_counts_are_left(city: Whole, crisis: UUID) -> None:
    """No row, no key, no byte of a name, a number or an address in anything the city wrote: database, log, files."""
    with psycopg.connect(city.database_url) as connection:
        tables = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'population'"
            " AND column_name = 'crisis_id' AND table_name !~ '_[0-9a-f]{32}$'"
        ).fetchall()
        assert {"checkin", "person", "note", "question", "look"} <= {one for (one,) in tables}
        for (table,) in tables:
            query = sql.SQL("SELECT count(*) FROM population.{} WHERE crisis_id = %s").format(sql.Identifier(table))
            row = connection.execute(query, (crisis,)).fetchone()
            assert row == (0,) or table in COUNTS_ALONE, table
    home = city.settings.home
    assert not (home / "crisis-keys" / f"{crisis}.key").exists()
    needles = Needles([form for secret in SECRETS for form in written(secret) if len(form) >= 8])
    (home / "planted").write_bytes(b"\0" * 99 + plain(PHONE).encode() + b"\0" * 99)
    found = {Path(one.file).name for path in home.rglob("*") if readable(path) for one in needles.in_file(path)}
    assert found == {"planted"}, "what was planted is found, and nothing else"


def readable(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def prove(city: Whole, folder: Path) -> None:
    """An auditor checks the whole record, and has the erasure proved from an export on another machine."""
    fact, proofs = str(erased_at(city)), [""]
    until("a checkpoint", lambda: proofs.append(nec(city, "ledger", "prove", fact).stdout) or proofs[-1], SOON_S)
    assert "CrisisErased" in json.dumps(json.loads(proofs[-1]))
    said = nec(city, "ledger", "verify")
    assert said.returncode == 0, said.stdout + said.stderr
    assert nec(city, "ledger", "export", str(folder / "export")).returncode == 0
    away = {"NEC_HOME": str(folder / "nowhere"), "NEC_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    said = nec(city, "ledger", "verify", "--export", str(folder / "export"), **away)
    assert said.returncode == 0, said.stdout + said.stderr
    written_down = b"".join(path.read_bytes() for path in (folder / "export").rglob("*") if path.is_file())
    assert b"CrisisErased" in written_down
    assert not any(form in written_down for secret in SECRETS for form in written(secret))


def test_a_crisis_from_its_first_call_to_its_erasure(city: Whole, tmp_path: Path) -> None:
    with screen.browser(*screen.WITHOUT_MAP) as running:
        lead, officer = at_work(city, running, LEAD), at_work(city, running, OFFICER)
        crisis = open_drill(city, lead, officer)
        for number, name in enumerate(ALIKE):
            checks_in(city.url, name=name, contact=f"alike{number}@mail.example")
        phone, other, desk = telephone(city, running), telephone(city, running), at_work(city, running, LIAISON)
        receipt = say_safe(phone)
        stalker = stalk(city)
        find_at_the_desk(desk, phone, receipt)
        meet_at_a_door(phone, other)
        refuse(phone)
        his, hers = import_a_list(desk, other)
        close_cases(desk, lead, other, his, hers)
        got_nothing(stalker, phone)
        end(city, crisis, officer, phone, [receipt, his, hers])
        only_counts_are_left(city, crisis)
        prove(city, tmp_path)
        got_nothing(stalker, phone)
