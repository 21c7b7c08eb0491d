"""Reports as papers: what the page says is what the file says, it is tagged and dated, and the same facts give it again."""

import re
from typing import Any

import pytest
from django.test import Client

from necmergitur.innovation.protocol import TrialComplaint, TrialCost
from necmergitur.operations import trials
from necmergitur.web.papers.paper import Paper
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.papers.reading import read
from tests.web.trials.test_trials import seen, started
from tests.web.trials.trying import now, say

WORD = r"[\d.,/%\u2013=():]*\d[\d.,/%\u2013=():]*"  # a figure, with its sign, share or interval


def reported_trial(city: City) -> Any:
    by = city.person("analyst")
    begun, memory = started(city)
    at = now()
    for seq, level in ((1, 0), (2, 2), (3, 3), (4, 0)):
        say(memory, at, seq, level)
    trials.note(store(), begun.id, seen(at, present=True, minutes=0), by, now())
    trials.note(store(), begun.id, TrialComplaint("privacy", "z-1", at), by, now())
    trials.note(store(), begun.id, TrialCost("licence", 123_456), by, now())
    trials.stop(store(), begun.id, "The evening is over.", by, now())
    return trials.report(store(), begun.id, by, now())


def cells(html: str) -> list[str]:
    """Return what the tables and pairs of the report say, without tags."""
    part = html[html.index('id="report"') : html.index('id="midterm"')]
    found = re.findall(r"<(?:td|dd|th)\b[^>]*>(.*?)</(?:td|dd|th)>", part, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def tags(element: Any) -> list[str]:
    kids = element.get("/K", [])
    kids = kids if isinstance(kids, list) else [kids]
    inner = [tag for kid in kids if hasattr(kid.get_object(), "get") for tag in tags(kid.get_object())]
    return [element.get("/S", ""), *inner]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_report_s_paper_says_the_figures_of_its_page(city: City, language: str) -> None:
    trial = reported_trial(city)
    browser = Client()
    browser.cookies["nec_language"] = language
    page = browser.get(f"/programme/trials/{trial.id}/").content.decode()
    answer = browser.get(f"/programme/trials/{trial.id}/report.pdf")
    assert answer["Content-Type"] == "application/pdf"
    reader, text = read(answer.content)
    squeezed = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    values = [one for one in cells(page) if re.search(r"\d", one)]
    assert len(values) > 20
    for value in values:
        for word in re.findall(WORD, value.partition("SHA")[0]):
            assert word in squeezed, (value, word)
    assert trial.digest in squeezed
    assert f"/programme/trials/{trial.id}/protocol.json" in squeezed
    assert reader.metadata is not None and "A season at the hall" in str(reader.metadata.title)
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == language and root["/MarkInfo"]["/Marked"].value
    found = tags(root["/StructTreeRoot"]["/K"][0].get_object())
    assert found[0] == "/Document" and {"/H1", "/H2", "/H3", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= set(
        found
    )
    assert f"1 / {len(reader.pages)}" in text
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()
    }
    assert fonts and all("IBMPlexSans" in name for name in fonts)


def test_a_report_s_file_is_the_same_each_time_and_names_the_company_and_the_exit_once_it_is_said(city: City) -> None:
    trial = reported_trial(city)
    address = f"/programme/trials/{trial.id}/report.pdf?lang=en"
    first, second = (Client().get(address) for _ in range(2))
    assert first.content == second.content and first["Repr-Digest"] == second["Repr-Digest"]
    trials.leave(store(), trial.id, "adopt", "It did what was promised.", city.person("analyst"), now())
    left, once_more = (Client().get(address) for _ in range(2))
    assert left.content == once_more.content
    texts = [read(one.content)[1] for one in (first, left)]
    assert all("Company" in text for text in texts)
    assert ["It did what was promised." in text for text in texts] == [False, True]
    assert Client().get(address.replace("en", "fr")).content != first.content


def test_a_paper_is_in_the_language_of_its_address(city: City) -> None:
    trial = reported_trial(city)
    _reader, text = read(Client().get(f"/programme/trials/{trial.id}/report.pdf?lang=fr").content)
    assert "Comment le vérifier" in text
    _reader, text = read(Client().get(f"/programme/trials/{trial.id}/report.pdf?lang=en").content)
    assert "How to check it" in text


def test_there_is_no_paper_of_a_mid_term_report_that_was_not_made(city: City) -> None:
    trial = reported_trial(city)
    assert Client().get(f"/programme/trials/{trial.id}/midterm.pdf").status_code == 404


def test_no_letter_of_a_hash_stands_alone_on_its_line() -> None:
    paper = Paper("Hashes", now())
    for last in ("b", "0bead", "beadbeadbead"):  # of several widths, as letters are
        whole = ("deadbeef" * 8)[: -len(last)] + last
        for width in (40.0, 60.0, 96.0):
            paper._font("TD")
            lines = paper._lines(whole, width)
            assert "".join(lines) == whole and len(lines) > 1
            assert max(map(len, lines)) - min(map(len, lines)) < len(lines)
