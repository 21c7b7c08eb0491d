"""A sensor from nothing to a running stream, by a data protection officer, three parties and a citizen, in browsers.

Everything is real but the sensor, which is simulated: processes, database, broker, browsers, and passkeys of Chromium's
virtual authenticators. Then its rate changes and it stops; and an auditor checks an export with no database.
"""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from necmergitur.governance import pia
from necmergitur.sim.bench import screen
from necmergitur.sim.bench.whole import Size, Whole
from tests.e2e.acting import asked, entered, living, nec, submit, until

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(600)]

CITY = Size(zones=24, buttons=200, quarters=8, shards=1, surroundings="city")
ROLES = {"territory": "City of Testville", "company": "Counters Ltd", "state": "Prefect of Testshire"}
DPO = "vienne@demo.invalid"
RUNS_S_MAX = 150.0  # a lease, and the minute a count is about
STOPS_S_MAX = 90.0  # the counter tells its new rate with its next status


@pytest.fixture
def city() -> Iterator[Whole]:
    with living(CITY) as running:
        yield running


def passkey(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def write(page: Page, pk: str, part: str, said: Mapping[str, Any]) -> None:
    """Write one part of the assessment, section by section."""
    where = f"/trust/assessments/{pk}/write/{part}/"
    page.goto(where)
    forms = page.locator("main form[method=post]").evaluate_all(
        "forms => forms.map(f => [...f.elements].map(e => e.name))"
    )
    for number, names in enumerate(forms):
        mine = {name: value for name, value in said.items() if name in names}
        if mine:
            page.goto(where)
            submit(page, f"main form[method=post] >> nth={number}", mine)


def test_from_nothing_to_a_running_stream_and_back(city: Whole, tmp_path: Path) -> None:  # noqa: PLR0915 -- one story
    stream = asked(city, "SELECT 'sensor:' || id FROM sensor")
    zone = asked(city, "SELECT zone_id FROM sensor")
    with screen.browser(*screen.WITHOUT_MAP) as running:
        # The officer: an activity, its assessment, the people's say, a signature.
        dpo = entered(city, running, DPO)
        dpo.goto("/trust/processing/new/")
        activity = {
            "name": "Counting people at the fair", "purpose": "crowd_safety",
            "objective": "Open a second exit before the square is too full.", "modality": "crowd_count",
            "legal_basis": "A6-1-e", "law": ["gdpr_art_5_6", "experiment_2021_467"], "controller": "City of Testville",
            "controller_contact": "townhall@test.invalid", "officer": "Vienne", "processors": "Counters Ltd",
            "recipients": "Control room", "people": ["passers_by"], "data": ["counts"], "retention_days": "30",
            "security_technical": "Certificates, the gate, erasure by key.",
        }  # fmt: skip
        submit(dpo, "main form.form", activity)
        submit(dpo, "main form[action$='/assess/']", {"stream": stream})
        pk = dpo.url.split("/assessments/")[1].split("/")[0]
        answers: dict[str, Any] = {}
        for refs in pia.ITEMS.values():
            for ref in refs:
                answers[f"a-{ref}"] = "2" if pia.kind_of(ref) == "gauge" else f"What is said to {ref}"
        for ref in pia.EVALUATED:
            answers[f"e-{ref}-status"] = "3"
        for ref in pia.RISKS:
            answers |= {f"e-{ref}-severity": "2", f"e-{ref}-likelihood": "1"}
        facts = {
            "fact-zones-shown": "1",
            "fact-zones": [zone],
            "fact-rate_per_minute": "1",
            "fact-retention_days": "30",
        }
        write(dpo, pk, "facts", facts)
        for part in ("context", "principles"):
            write(dpo, pk, part, answers)
        write(dpo, pk, "risks", {"m-new-title": "Counts alone", "m-new-content": "No picture ever leaves the post."})
        write(dpo, pk, "risks", answers | {"e-3.1.1-status": "2", "e-3.1.1-plan": "An audit by June, by the city."})
        review = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
        opinion = {
            "people_searched": "no", "people_not_searched": "A fair of one evening: they are asked there.",
            "favourable": "yes", "opinion": "Counts alone, no picture.", "review_by": review,
        }  # fmt: skip
        write(dpo, pk, "validation", opinion)
        dpo.goto(f"/trust/assessments/{pk}/")
        submit(dpo, f"main form[action$='/assessments/{pk}/sign/']", {})
        assert asked(city, "SELECT stale_at IS NULL FROM assessment WHERE id = %s", pk) is True

        # The three parties, each with a key of their own, in a browser of their own.
        parties: dict[str, Page] = {}
        for role, name in ROLES.items():
            dpo.goto("/trust/parties/")
            submit(dpo, "main form[action$='/invite/']", {"role": role, "name": name})
            parties[role] = entered(city, running)
            parties[role].goto(dpo.locator("#link").inner_text())
            passkey(parties[role])
            parties[role].locator("[data-act]").click()
            parties[role].wait_for_selector("#fingerprint")
        dpo.goto(f"/trust/terms/draft/{pk}/")
        terms = {
            "label": "A trial of counting", "legal_basis": "GDPR article 6(1)(e)", "holder": "City of Testville",
            "law": ["gdpr_art_5_6", "gdpr_art_35", "experiment_2021_467"], "readers": ["lead", "public"],
            "experiment": "on", "object": "Does a count help to open a second exit in time?",
            "company": ROLES["company"], "evaluation": "Compare with two evenings counted by hand.",
            "metrics": "mean absolute error",
        }  # fmt: skip
        submit(dpo, "main form.form", terms)
        proposal = dpo.url.rstrip("/").rpartition("/")[2]

        # People are asked before a trial: somebody votes, the city answers, the dialogue ends.
        hold_dialogue(city, dpo, entered(city, running), proposal)

        for role, page in parties.items():
            assert asked(city, "SELECT count(*) FROM reading") == 0, "nothing flows before the last signature"
            page.goto(f"/trust/terms/{proposal}/sign/{role}/")
            page.locator("[data-act]").click()
            page.wait_for_selector(".banner--done[role=status]")
        until("a reading", lambda: asked(city, "SELECT count(*) FROM reading") > 0, RUNS_S_MAX)

        # A citizen scans the post's code and reads what it does.
        citizen = entered(city, running)
        citizen.goto(f"/register/{stream}/")
        expect(citizen.locator("main")).to_contain_text("City of Testville")
        expect(citizen.locator("main")).to_contain_text("Counters Ltd")

        # The device begins to send more often than was assessed: its stream closes, and everybody may read why.
        assert nec(city, "sim", "sensor", "--rate", "10").returncode == 0
        until(
            "drift", lambda: asked(city, "SELECT stale_at IS NOT NULL FROM assessment WHERE id = %s", pk), STOPS_S_MAX
        )
        until("a stop", lambda: asked(city, "SELECT NOT told_run FROM sensor"), 10.0)
        kept = asked(city, "SELECT count(*) FROM reading")
        time.sleep(8.0)
        assert asked(city, "SELECT count(*) FROM reading") == kept
        citizen.reload()
        expect(citizen.locator("main")).to_contain_text("10")
        dpo.goto("/trust/")
        expect(dpo.locator(f"main form[action$='/assessments/{pk}/again/']")).to_be_visible()

    # An auditor takes an export to another machine: no database, no city, no key of ours.
    granted = asked(city, "SELECT min(seq) FROM ledger_event WHERE stream LIKE 'authorisation:%%' AND kind = 'AuthorisationGranted'"
                    " AND authorisation_id IS NOT NULL AND payload::text LIKE '%%A trial of counting%%'")  # fmt: skip
    proof = tmp_path / "proof.json"
    until("a checkpoint", lambda: nec(city, "ledger", "prove", str(granted)).returncode == 0, 20.0)
    proof.write_text(nec(city, "ledger", "prove", str(granted)).stdout)
    assert json.loads(proof.read_text())
    export = tmp_path / "export"
    assert nec(city, "ledger", "export", str(export)).returncode == 0
    away = {"NEC_HOME": str(tmp_path / "nowhere"), "NEC_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    said = nec(city, "ledger", "verify", "--export", str(export), **away)
    assert said.returncode == 0, said.stdout + said.stderr
    damaged = max(export.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
    assert nec(city, "ledger", "verify", "--export", str(export), **away).returncode != 0


def hold_dialogue(city: Whole, dpo: Page, citizen: Page, proposal: str) -> None:
    """Open the people's dialogue on a trial from its page; somebody speaks and votes; the officer ends it."""
    dpo.goto(f"/trust/terms/{proposal}/")
    questions = {"question": "Que faut-il surveiller ici, et comment ?", "question_en": "What should be watched here?"}
    submit(dpo, "main form[action$='/dialogue/']", questions)
    pk = asked(city, "SELECT id FROM dialogue_conversation WHERE subject_id = %s", proposal)
    citizen.goto("/dialogue/")
    citizen.locator(f"a[href*='{pk}']").first.click()
    citizen.goto(f"/dialogue/{pk}/say/")
    said = "Counting is fine as long as no picture is kept and the count is shown to everybody on the square itself."
    submit(citizen, "main form.form", {"text": said})
    dpo.goto(f"/dialogue/desk/{pk}/")
    expect(dpo.locator("main")).to_contain_text(said)
    dpo.locator("button[name=verdict][value=show]").click()
    citizen.goto(f"/dialogue/{pk}/")
    citizen.locator("button[name=choice][value=agree]").click()
    dpo.goto(f"/dialogue/desk/{pk}/")
    submit(
        dpo,
        f"main form[action$='/{pk}/close/']",
        {"close-reason": "The fair begins tomorrow: everybody who came has spoken."},
    )
    expect(citizen.locator("main")).to_be_visible()
