"""Needs, leads and applications from a spreadsheet: seen before anything is made, nothing when a row is wrong unless told so."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from necmergitur.kernel.refusal import Refusal
from necmergitur.web.incubation.models import Application, Call
from necmergitur.web.programme import making
from necmergitur.web.programme.models import Lead, Need
from necmergitur.web.store import CLOCK
from necmergitur.web.watch import importing
from necmergitur.web.watch.gathering import Watch
from necmergitur.web.watch.models import Sheet
from tests.adapters.test_sheets import said, xlsx
from tests.adapters.watch.sites import Hours
from tests.web.incubation.test_incubation import called
from tests.web.pages import City, audited, record_is_free
from tests.web.watch.following import need

IMPORT = "/programme/desk/watch/import/"
NEEDS = """In one sentence;Au nom de;Situation;Sufferers;Measure;Unité;Aujourd’hui;Target value;Langue
Alléger les files aux urgences;Health;Les files d’attente débordent le samedi soir.;Patients;minutes d’attente;minutes;95,5;30;fr
Guide people out of smoke;venue;Signs cannot be seen in smoke.;Spectators;minutes to leave;minutes;;4;en
"""  # noqa: RUF001 -- French typography
WRONG = NEEDS + "Sans chiffre;police;Rien ne se mesure ici.;Personne;rien;rien;;bientôt;fr\n"


def sent(client: Client, text: str | bytes, kind: str = "needs", name: str = "besoins.csv") -> str:
    """Send a file; return where its preview is."""
    raw = text.encode() if isinstance(text, str) else text
    answer = client.post(IMPORT, {"kind": kind, "file": SimpleUploadedFile(name, raw)})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def test_needs_are_seen_first_then_made_all_together(city: City) -> None:
    analyst = city.client("analyst")
    at = sent(analyst, NEEDS)
    assert "2 needs would be made" in analyst.get(at).content.decode()
    assert not Need.objects.exists()
    assert analyst.post(at).status_code == 302
    found = Need.objects.order_by("chain")
    assert [(n.chain, n.spoken_for, n.now_value, n.target_value, n.language) for n in found] == [
        (1, "health", 95.5, 30, "fr"),
        (2, "venue", None, 4, "en"),
    ]
    assert not Sheet.objects.exists() and analyst.post(at).status_code == 404


def test_who_calls_for_help_waits_for_no_file(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    analyst = city.client("analyst")
    at, free = sent(analyst, NEEDS), []
    made = making.state_need
    monkeypatch.setattr(making, "state_need", lambda *a, **k: (made(*a, **k), free.append(record_is_free(city)))[0])
    assert analyst.post(at).status_code == 302
    assert free == [True, True]
    assert [what for what, _facts, _by in audited(city)] == ["need:made"] * 2


def test_a_row_whose_success_is_no_change_or_below_zero_is_wrong(city: City) -> None:
    rows = "Rien ne change;police;Rien ne bouge.;Personne;minutes;minutes;9;9,0;fr\n"
    rows += "Moins que rien;police;Rien ne se compte.;Personne;minutes;minutes;;-4;fr\n"
    analyst = city.client("analyst")
    page = analyst.get(sent(analyst, NEEDS + rows)).content.decode()
    assert "2 rows are wrong" in page
    assert "Success is: Success is a change" in page and "Success is: A figure below zero" in page


def test_nothing_is_made_when_a_row_is_wrong_unless_told_to_leave_it_out(city: City) -> None:
    analyst = city.client("analyst")
    at = sent(analyst, WRONG)
    page = analyst.get(at).content.decode()
    assert "1 row is wrong" in page and "Success is: Enter a number." in page
    refused = analyst.post(at)
    assert refused.status_code == 422 and "Nothing was made" in refused.content.decode()
    assert not Need.objects.exists()
    assert analyst.post(at, {"leave_out": "1"}).status_code == 302
    assert Need.objects.count() == 2


def test_leads_come_into_the_chain_of_the_need_they_name(city: City) -> None:
    asked = need(Hours())
    analyst = city.client("analyst")
    rows = [
        ("need", "title", "country", "url"),
        ("NM-1", "Lidar counts", "fr", "https://lidar.example/"),
        ("7", "For nobody", "", ""),
    ]
    cells = "".join(
        f'<row r="{at}">{"".join(said(f"{column}{at}", cell) for column, cell in zip("ABCD", row, strict=True))}</row>'
        for at, row in enumerate(rows, 1)
    )
    at = sent(analyst, xlsx(cells), "leads", "pistes.xlsx")
    assert "No open need has the number 7." in analyst.get(at).content.decode()
    assert analyst.post(at, {"leave_out": "1"}).status_code == 302
    assert [(one.chain, one.need_id, one.country, one.title) for one in Lead.objects.all()] == [
        (1, asked.pk, "FR", "Lidar counts")
    ]


APPLIED = """Organisation;Projet;Résumé;Nom;Courriel;Langue
Foule claire;Compter sans visages;Un capteur compte les passages aux entrées, rien d’autre.;A. Sall;asall@foule.example;fr
Quiet Gates;Gates that warn;Sensors at gates tell when a crowd thickens.;B. Roe;roe@gates.example;en
Foule claire;Compter sans visages;Un capteur compte les passages aux entrées, rien d’autre.;A. Sall;autre@foule.example;fr
Sûr et Net;Une idée;Sûr et Net propose une idée pour les accès.;C. Net;net@sur.example;fr
Sans adresse;Sans courriel;Un texte assez long pour être lu.;D. Rien;;fr
"""  # noqa: RUF001 -- French typography


def test_applications_come_into_a_call_as_if_sent_by_their_companies(city: City) -> None:
    call = called(city)[1]
    analyst = city.client("analyst")
    answer = analyst.post(IMPORT, {"kind": "apply", "file": SimpleUploadedFile("a.csv", APPLIED.encode())})
    assert answer.status_code == 422 and "Choose the call" in answer.content.decode()
    answer = analyst.post(
        IMPORT, {"kind": "apply", "call": str(call.pk), "file": SimpleUploadedFile("a.csv", APPLIED.encode())}
    )
    at = answer.headers["Location"]
    page = analyst.get(at).content.decode()
    assert "2 applications would be kept" in page and "2 rows are wrong" in page and "1 row is passed over" in page
    assert "It says the same as row 2 of this file." in page
    assert "Take out what tells who applies" in page
    assert not Application.objects.exists(), "a preview keeps nothing"
    assert analyst.post(at, {"leave_out": "1"}).headers["Location"] == IMPORT
    page = analyst.get(IMPORT).content.decode()
    assert "2 created, 1 passed over" in page and "left out: rows: 5, 6" in page and "/desk/incubation/" in page
    kept = Application.objects.order_by("organisation")
    assert [(one.call_id, one.organisation, one.language) for one in kept] == [
        (call.pk, "Foule claire", "fr"),
        (call.pk, "Quiet Gates", "en"),
    ]


def test_a_call_that_reviewers_read_takes_no_more_applications(city: City) -> None:
    call = called(city)[1]
    Call.objects.filter(pk=call.pk).update(each=2)
    answer = city.client("analyst").post(
        IMPORT, {"kind": "apply", "call": str(call.pk), "file": SimpleUploadedFile("a.csv", APPLIED.encode())}
    )
    assert answer.status_code == 422 and not Sheet.objects.exists()


def test_a_file_that_is_no_such_table_is_refused_in_words(city: City, watch: Watch, hours: Hours) -> None:
    analyst = city.client("analyst")
    for raw, words in (
        (b"a;b\n1;2\n", "These headings are missing in the first row: title (In one sentence)."),
        (b"", "Choose what the file holds"),
        (b"title\n" + b"x\n" * 600, "more than 500 rows"),
        (b"\0\1", "cannot be read as a table"),
        (b"x" * 2_000_001, "larger than 2 MB"),
    ):
        answer = analyst.post(
            IMPORT, {"kind": "needs", "file": SimpleUploadedFile("a.csv", raw)} if raw else {"kind": "needs"}
        )
        assert answer.status_code == 422 and words in answer.content.decode()
    at = sent(analyst, NEEDS)
    other = city.client("lead")
    assert other.get(at).status_code == 403 and other.get(IMPORT).status_code == 403
    Sheet.objects.update(at=CLOCK.now() - timedelta(days=2))
    hours.at = CLOCK.now()
    watch.turn()
    assert not Sheet.objects.exists()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["needs", "leads", "apply"])
def test_each_example_is_offered_and_imports_as_it_is(city: City, kind: str, language: str) -> None:
    call = called(city)[1]
    before = Need.objects.count(), Lead.objects.count(), Application.objects.count()
    analyst = city.client("analyst")
    analyst.cookies["nec_language"] = language
    page = analyst.get(IMPORT).content.decode()
    address = f"{IMPORT}example-{kind}.csv"
    assert f'href="{address}"' in page
    example = analyst.get(address)
    assert example["Content-Disposition"].startswith("attachment")
    other = city.client("analyst")  # who reads the other language imports it too
    other.cookies["nec_language"] = "en" if language == "fr" else "fr"
    file = SimpleUploadedFile("a.csv", example.content)
    at = other.post(IMPORT, {"kind": kind, "call": str(call.pk), "file": file}).headers["Location"]
    assert other.post(at).status_code == 302, other.get(at).content.decode()
    after = Need.objects.count(), Lead.objects.count(), Application.objects.count()
    assert sum(after) == sum(before) + 1
    assert city.client("lead").get(address).status_code == 403
    assert analyst.get(f"{IMPORT}example-other.csv").status_code == 404


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("said", "meant"),
    [("citizens", "citizen"), ("Citoyens", "citizen"), ("citizen", "citizen"), ("Transports", "transport"),
     ("TRANSPORT", "transport"), ("Habitants", "citizen"), ("Sorcières", ""), ("Fire and rescue", "fire"), ("Santé", "health")],
)  # fmt: skip
def test_values_are_understood_as_codes_and_as_words_of_both_languages(
    city: City, language: str, said: str, meant: str
) -> None:
    analyst = city.client("analyst")
    analyst.cookies["nec_language"] = language
    head, first = NEEDS.splitlines()[:2]
    at = sent(analyst, f"{head}\n{first.replace('Health', said).replace(';fr', ';Français')}\n")
    page = analyst.get(at).content.decode()
    if meant:
        assert analyst.post(at).status_code == 302, page
        assert [(one.spoken_for, one.language) for one in Need.objects.all()] == [(meant, "fr")]
    else:
        assert analyst.post(at).status_code == 422
        assert said in page and "citizen (" in page and "Habitants" in page and "Citizens" in page


def test_the_page_lists_what_each_column_may_say_and_an_unknown_language_is_refused(city: City) -> None:
    analyst = city.client("analyst")
    page = analyst.get(IMPORT).content.decode()
    for word in ("spoken_for", "police (Police)", "fire (", "contact_email", "NM-3", "fr (Français"):
        assert word in page, word
    at = sent(analyst, NEEDS.replace(";en", ";de"))
    assert "Language of this text: “de” is not known there" in analyst.get(at).content.decode()
    at = sent(analyst, NEEDS.replace("Health;", "Sorcières;"))
    assert "On behalf of: “Sorcières” is not known there" in analyst.get(at).content.decode()


def test_needs_that_are_there_already_are_passed_over_and_said_so(city: City) -> None:
    analyst = city.client("analyst")
    first, second = NEEDS.splitlines()[1:]
    twice = NEEDS + first.replace("Alléger les", "ALLÉGER  les") + "\n"
    at = sent(analyst, twice)
    page = analyst.get(at).content.decode()
    assert "2 needs would be made" in page and "1 row is passed over" in page
    assert "It says the same as row 2 of this file." in page
    assert analyst.post(at).headers["Location"] == IMPORT
    page = analyst.get(IMPORT).content.decode()
    assert "2 created, 1 passed over" in page and "Row 4: It says the same as row 2 of this file." in page
    assert 'id="done"' in page and 'id="done"' not in analyst.get(IMPORT).content.decode(), "said once"
    at = sent(analyst, NEEDS + second.replace("smoke", "rain") + "\n")
    assert "It is there already: NM-1." in analyst.get(at).content.decode()
    analyst.post(at)
    assert "1 created, 2 passed over" in analyst.get(IMPORT).content.decode() and Need.objects.count() == 3
    at = sent(analyst, NEEDS)
    answer = analyst.post(at)
    assert answer.status_code == 422 and "every row is there already" in answer.content.decode()
    assert Need.objects.count() == 3


def test_leads_and_applications_that_are_there_already_are_passed_over(city: City) -> None:
    need(Hours())
    analyst = city.client("analyst")
    rows = (
        "need;title;organisation;url",
        "NM-1;Lidar counts;Lidar SA;https://lidar.example/",
        "NM-1;LIDAR counts;lidar sa;",
        "NM-1;Lidar counts;;https://lidar.example/",
        "NM-1;Lidar counts;Another;https://other.example/",
    )
    analyst.post(sent(analyst, "\n".join(rows), "leads"))
    page = analyst.get(IMPORT).content.decode()
    assert "2 created, 2 passed over" in page and "Row 3: It says the same as row 2 of this file." in page
    analyst.post(sent(analyst, "\n".join((*rows, "NM-1;Fresh;;")), "leads"))
    assert "Row 2: The need has this lead already." in analyst.get(IMPORT).content.decode()
    assert Lead.objects.count() == 3
    call = called(city)[1]
    for made in (2, 0):
        file = SimpleUploadedFile("a.csv", "\n".join(APPLIED.splitlines()[:3]).encode())
        at = analyst.post(IMPORT, {"kind": "apply", "call": str(call.pk), "file": file}).headers["Location"]
        page = analyst.get(at).content.decode()
        assert f"{made} applications would be kept" in page
        assert analyst.post(at).status_code == (302 if made else 422)
    assert "2 rows are passed over" in page and Application.objects.count() == 2


def test_names_that_differ_by_a_sign_are_two(city: City) -> None:
    need(Hours())
    analyst = city.client("analyst")
    at = sent(analyst, "need;title\nNM-1;Counts in C++\nNM-1;Counts in C#\nNM-1;counts in C, ++\n", "leads")
    page = analyst.get(at).content.decode()
    assert page.count("It says the same as row") == 1 and "as row 2 of this file" in page


@pytest.mark.parametrize("address", ["ftp://lidar.example/", "javascript:alert(1)", "mailto:a@lidar.example"])
def test_an_address_that_no_browser_opens_is_refused_by_row_and_column(city: City, address: str) -> None:
    need(Hours())
    analyst = city.client("analyst")
    at = sent(analyst, f"need;title;url\nNM-1;Lidar;https://lidar.example/\nNM-1;Other;{address}\n", "leads")
    page = analyst.get(at).content.decode()
    assert "1 row is wrong" in page
    assert "Address: An address of the web, that begins with https:// or http://." in page


def test_a_file_is_made_once_however_often_the_button_is_pressed(city: City) -> None:
    analyst = city.client("analyst")
    at = sent(analyst, NEEDS)
    sheet = Sheet.objects.get()
    rows = importing.judged(sheet.rows, sheet.kind)
    assert importing.make(sheet, rows, city.users["analyst"]) == 2
    again = importing.make(sheet, rows, city.users["analyst"])  # read before the first press was through
    assert isinstance(again, Refusal) and again.rule == "sheet_answered" and Need.objects.count() == 2
    assert analyst.post(at).status_code == 404


def test_a_row_has_the_number_it_has_in_the_file_where_empty_rows_count(city: City) -> None:
    head, first, second = NEEDS.splitlines()
    analyst = city.client("analyst")
    at = sent(analyst, "\n".join((head, first, ";;;", "", second.replace(";4;", ";soon;"), "", first, "")))
    page = analyst.get(at).content.decode()
    assert re.findall(r'<td class="num">(\d+)</td>', page) == ["2", "5", "7"]
    assert "1 need would be made" in page and "It says the same as row 2 of this file." in page
