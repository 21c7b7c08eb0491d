# ruff: noqa: RUF001 -- French typography
"""Comparison grids: made of leads and others, each mark with its evidence, read by everybody once published."""

from django.test import Client

from necmergitur.web.programme import making
from necmergitur.web.store import CLOCK
from necmergitur.web.watch.models import Benchmark, Evidence
from tests.adapters.watch.sites import Hours
from tests.web.pages import City
from tests.web.papers.reading import read
from tests.web.watch.following import need

BENCHMARKS = "/programme/desk/watch/benchmarks/"


def begun(city: City) -> Benchmark:
    asked = need(Hours())
    made = making.make(
        asked, CLOCK.now(), city.users["analyst"], title="Lidar counts", organisation="Densité SAS", country="FR"
    )
    making.move(made, "benchmark", CLOCK.now(), city.users["analyst"], reason="Two others do it too.")
    typed = {"need": str(asked.pk), "title": "Counting crowds", "summary": "Read in November.", "language": "en"}
    assert city.client("analyst").post(BENCHMARKS, typed).status_code == 302
    return Benchmark.objects.get()


def test_a_grid_is_filled_published_and_taken_back(city: City) -> None:
    one = begun(city)
    analyst, act = city.client("analyst"), f"{BENCHMARKS}{one.pk}/act/"
    assert [each.name for each in one.solutions.all()] == ["Lidar counts"]  # the lead that was put in a benchmark
    solution = {
        "what": "solution",
        "name": "Fibre listens",
        "organisation": "",
        "country": "nl",
        "url": "https://fibre.example/",
    }
    assert analyst.post(act, solution | {"url": "javascript:alert(1)"}).status_code == 422
    for lead in ("x", "", str(one.pk)):  # none of its need's leads
        assert analyst.post(act, {"what": "lead", "lead": lead}).status_code == 302
    assert analyst.post(act, {"what": "drop-criterion", "number": "9" * 5_000}).status_code == 302
    assert one.solutions.count() == 1
    assert analyst.post(act, solution).status_code == 302
    assert analyst.post(act, {"what": "criterion", "name": "No camera", "how": "It cannot film."}).status_code == 302
    criterion, first = one.criteria.get(), one.solutions.get(name="Lidar counts")
    cells = f"{BENCHMARKS}{one.pk}/{first.pk}/"
    name = f"c{criterion.pk}"
    kept = analyst.post(cells, {f"{name}-mark": "yes", f"{name}-words": "", f"{name}-url": ""})
    assert kept.status_code == 422  # a yes rests on something
    said = {f"{name}-mark": "yes", f"{name}-words": "Data sheet, page 4", f"{name}-url": "https://lidar.example/4"}
    assert analyst.post(cells, said).status_code == 302
    assert Evidence.objects.get().mark == "yes"
    assert Client().get(f"/programme/benchmarks/{one.pk}/").status_code == 404
    analyst.post(act, {"what": "publish"})
    page = Client().get(f"/programme/benchmarks/{one.pk}/").content.decode()
    assert "Data sheet, page 4" in page and "https://lidar.example/4" in page and "Fibre listens" in page
    for language, heading in (("en", "Criterion"), ("fr", "Critère")):
        paper = Client().get(f"/programme/benchmarks/{one.pk}/comparison.pdf?lang={language}")
        reader, said = read(paper.content)
        for word in (heading, "Counting crowds", "No camera", "It cannot film.", "Data sheet, page 4", "Fibre listens"):
            assert word in said, word
        assert "https://lidar.example/4" in said and reader.trailer["/Root"]["/Lang"] == language
        assert Client().get(f"/programme/benchmarks/{one.pk}/comparison.pdf?lang={language}").content == paper.content
        assert f"comparison.pdf?lang={language}" in page
    assert "/programme/benchmarks/" in Client().get("/programme/").content.decode()
    assert "Counting crowds" in Client().get("/programme/benchmarks/").content.decode()
    analyst.post(act, {"what": "withdraw"})
    assert Client().get(f"/programme/benchmarks/{one.pk}/").status_code == 404
    assert Client().get(f"/programme/benchmarks/{one.pk}/comparison.pdf").status_code == 404
    analyst.post(act, {"what": "drop-solution", "number": str(first.pk)})
    assert not Evidence.objects.exists()


def test_benchmarks_are_written_by_analysts_alone(city: City) -> None:
    one = begun(city)
    lead = city.client("lead")
    assert lead.get(f"{BENCHMARKS}{one.pk}/").status_code == 200
    assert lead.post(f"{BENCHMARKS}{one.pk}/act/", {"what": "publish"}).status_code == 403
    assert lead.get(f"{BENCHMARKS}{one.pk}/1/").status_code == 403
    assert Client().get(BENCHMARKS).status_code == 302


def filled(city: City) -> tuple[Client, Benchmark, str, str]:
    """Begin a grid of one solution and one criterion, with a mark."""
    one, analyst = begun(city), city.client("analyst")
    analyst.cookies["nec_language"] = "en"
    act = f"{BENCHMARKS}{one.pk}/act/"
    analyst.post(act, {"what": "criterion", "name": "No camera", "how": "It cannot film."})
    name, cells = f"c{one.criteria.get().pk}", f"{BENCHMARKS}{one.pk}/{one.solutions.get().pk}/"
    marked = {f"{name}-mark": "yes", f"{name}-words": "Data sheet, page 4", f"{name}-url": ""}
    assert analyst.post(cells, marked).status_code == 302
    return analyst, one, act, cells


def test_a_grid_that_compares_nothing_is_not_published(city: City) -> None:
    one = begun(city)
    analyst, act, read_at = city.client("analyst"), f"{BENCHMARKS}{one.pk}/act/", f"/programme/benchmarks/{one.pk}/"
    french = city.client("analyst")
    analyst.cookies["nec_language"], french.cookies["nec_language"] = "en", "fr"

    def refused(english: str, said: str) -> None:
        for browser, words in ((analyst, english), (french, said)):
            answer = browser.post(act, {"what": "publish"})
            page = answer.content.decode().partition('role="alert"')[2].partition("</div>")[0]
            assert answer.status_code == 422 and words in page, page
        assert Client().get(read_at).status_code == 404

    refused("It has no criterion.", "Il n’a pas de critère.")
    analyst.post(act, {"what": "criterion", "name": "No camera", "how": ""})
    refused("No solution has a mark.", "Aucune solution n’a d’appréciation.")
    analyst.post(act, {"what": "drop-solution", "number": str(one.solutions.get().pk)})
    refused("It compares no solution.", "Il ne compare aucune solution.")


def test_what_everybody_reads_is_not_emptied_under_their_eyes(city: City) -> None:
    analyst, one, act, cells = filled(city)
    assert analyst.post(act, {"what": "publish"}).status_code == 302
    assert "read by everybody at once" in analyst.get(f"{BENCHMARKS}{one.pk}/").content.decode()
    name = f"c{one.criteria.get().pk}"
    drops = {"drop-criterion": one.criteria.get().pk, "drop-solution": one.solutions.get().pk}
    for what, number in drops.items():
        answer = analyst.post(act, {"what": what, "number": str(number)})
        assert answer.status_code == 422 and "Take it back first" in answer.content.decode()
    unmarked = analyst.post(cells, {f"{name}-mark": "", f"{name}-words": "Not known", f"{name}-url": ""})
    assert unmarked.status_code == 422 and "Take it back first" in unmarked.content.decode()
    assert "Not known" in unmarked.content.decode() and Evidence.objects.get().mark == "yes"
    assert Client().get(f"/programme/benchmarks/{one.pk}/").status_code == 200
    assert analyst.post(act, {"what": "withdraw"}).status_code == 302
    assert analyst.post(act, {"what": "drop-criterion", "number": str(drops["drop-criterion"])}).status_code == 302
    assert not one.criteria.exists()
