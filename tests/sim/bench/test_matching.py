"""Judgement sets are read as the documentation says, and what matching promises holds on those at hand."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from necmergitur.adapters.embedding import E5
from necmergitur.innovation import expertise
from necmergitur.innovation.judgements import Unreadable
from necmergitur.sim.bench import matching, matching_sets
from necmergitur.sim.commands import bench


def wrote(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


FRENCH = {
    "queries/q1.txt": "Prévoir les crues",
    "queries/q2.txt": "Éclairer les rues",
    "documents/d1.txt": "Un radar prévoit la crue du fleuve.",
    "documents/d2.txt": "Des lampadaires éclairent la rue.",
    "judgements.tsv": "q1\td1\t1\nq2\td2\t2\nq2\td1\t1\n",
}
EXPERTISE = {
    "papers/ann/1.txt": "Forecasting floods of rivers",
    "papers/ann/2.txt": "Levees and rivers",
    "papers/bob/1.txt": "Street lamps that dim",
    "submissions/s1.txt": "A gauge of rivers that forecasts floods",
    "submissions/s2.txt": "Lamps that dim when nobody walks by",
    "judgements.tsv": "ann\ts1\t5\nann\ts2\t1\nbob\ts1\t1\nbob\ts2\t4\n",
}


def test_a_set_in_french_is_read_and_measured_beside_plain_bm25(tmp_path: Path) -> None:
    found = matching._french([matching_sets.retrieval(wrote(tmp_path, FRENCH))], None)
    assert found["recall1"] == found["recall10"] == 1 and found["queries"] == 2
    assert found["bm25_recall1"] <= 1


def test_what_experts_say_is_read_and_measured(tmp_path: Path) -> None:
    found = matching._expertise(matching_sets.expertise(wrote(tmp_path, EXPERTISE)), None)
    assert found["loss"] == 0 and found["experts"] == 2 and found["ratings"] == 4


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"judgements.tsv": "q1\td9\t1\n"}, "'d9'"),
        ({"judgements.tsv": "q9\td1\t1\n"}, "'q9'"),
        ({"judgements.tsv": "q1 d1 1\n"}, "line 1"),
    ],
)
def test_a_set_that_cannot_be_read_is_told_by_the_command(tmp_path: Path, spoilt: dict[str, str], told: str) -> None:
    folder = wrote(tmp_path, FRENCH | spoilt)
    with pytest.raises(Unreadable, match=told):
        matching_sets.retrieval(folder)
    result = CliRunner().invoke(bench.command, ["matching", "--quick", "--french", str(folder)])
    assert result.exit_code == 2 and told in result.output


def test_an_empty_folder_is_no_set(tmp_path: Path) -> None:
    for read in (matching_sets.retrieval, matching_sets.expertise):
        with pytest.raises(Unreadable, match="no folder"):
            read(tmp_path)


def test_outside_sets_are_for_matching_alone(tmp_path: Path) -> None:
    assert CliRunner().invoke(bench.command, ["choice", "--french", str(tmp_path)]).exit_code == 2


def test_our_own_sets_are_whole() -> None:
    french, cross, experts = matching_sets.own_french(), matching_sets.own_cross(), matching_sets.own_expertise()
    assert len(french.queries) == len(french.documents) == len(cross.documents) == 32
    assert len(experts.papers) == 8 and set(experts.judged.grades) == set(experts.papers)
    assert all(set(grades) <= set(experts.submissions) for grades in experts.judged.grades.values())


def test_on_our_own_sets_matching_is_better_than_plain_bm25() -> None:
    french = matching._french([matching_sets.own_french()], None)
    assert french["recall1"] >= french["bm25_recall1"] and french["recall10"] >= french["bm25_recall10"]
    told = matching._expertise(matching_sets.own_expertise(), None)
    assert told["loss"] < told["baseline"]


@pytest.mark.corpus
def test_on_published_vocabularies_matching_is_better_than_plain_bm25(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEC_CORPUS", str(corpus))
    given = matching_sets.published_french()
    assert [one.name for one in given] == ["dtpr", "rc-eda"]
    for one in given:
        found = matching._retrieved(one, None)
        assert found["recall1"] >= found["bm25_recall1"] and found["recall10"] >= found["bm25_recall10"]


def test_french_leads_find_the_same_in_english() -> None:
    cross = matching_sets.own_cross()
    model = E5()
    near = model.queries(list(cross.queries.values())) @ model.passages(list(cross.documents.values())).T
    hits = near.argmax(axis=1) == range(len(cross.queries))
    assert hits.mean() >= 0.95


def test_texts_near_one_thing_lend_each_other_their_words() -> None:
    papers = {
        "ann": ["Floods of rivers in cities", "Rivers, floods and inundation of cellars"],
        "bob": ["Bread and its crust", "Crust and yeast of loaves"],
    }
    found = expertise.affinities(papers, {"s": "Inundation", "t": "Yeast"})
    assert found["ann"]["s"] > found["ann"]["t"] and found["bob"]["t"] > found["bob"]["s"]


def test_people_and_teams_of_the_bench_are_placed_without_a_blocking_pair() -> None:
    import random

    found = matching._teams(random.Random(3), 1)
    assert found["blocking"] == 0 and found["teams"]["placed"] == 400 and found["teams_s"] < 2
