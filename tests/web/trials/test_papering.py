"""The paper of an experiment is drawn up from its protocol, says nothing else, and is drawn up once."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from necmergitur.innovation import protocol
from necmergitur.innovation.trial import Trial
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, trials
from necmergitur.web.facts.models import Trial as Row
from necmergitur.web.programme import example, guide, making
from necmergitur.web.programme.models import Experiment
from necmergitur.web.store import store
from necmergitur.web.trials import papering
from necmergitur.web.trust.signing import asking, showing
from tests import signed
from tests.web.pages import City
from tests.web.trials.test_again import LATE
from tests.web.trials.test_trials import started
from tests.web.trials.trying import VENDOR, experiment, now, reported, say, shadowed, vendor, written


def frozen(city: City, *, mode: Any = "shadow") -> Experiment:
    at = now()
    vendor(at)
    made = experiment(city, at)
    before = shadowed(made, at) if mode == "live" else ()
    outcome = trials.freeze(store(), written(made, at, mode=mode), city.person("analyst"), at, before)
    assert isinstance(outcome, Trial), outcome
    return made


def assessed() -> None:
    rests = signed.assessment(now())
    covers = msgspec.structs.replace(
        rests.covers, streams=(f"sensor:{VENDOR}",), modality="advice", payload_schema="advice/1", zones=("z-1",),
        rate_per_minute=30,
    )  # fmt: skip
    outcome = assessing.sign(store(), msgspec.structs.replace(rests, covers=covers), signed.DPO, now())
    assert not isinstance(outcome, Refusal), outcome


def test_what_is_signed_is_what_the_protocol_says_and_is_drawn_up_once(city: City) -> None:
    made, by = frozen(city), city.person("analyst")
    missing = papering.draw_up(made, by, now())
    assert isinstance(missing, Refusal) and missing.rule == "trial_assessment_missing"
    assessed()
    drawn = papering.draw_up(made, by, now())
    assert isinstance(drawn, list), drawn
    (paper,) = drawn
    terms, row = paper.paper.terms, Row.objects.get(id=made.pk)
    assert terms.experiment is not None and row.digest in terms.experiment.evaluation
    assert (terms.stream, terms.zones) == (f"sensor:{VENDOR}", ("z-1",))
    assert set(terms.readers) == {"analyst", "dpo"}
    assert "Alertes justes (part) / Alarms that were right (share) ≥ 0,7 / 0.7" in terms.experiment.metrics
    assert papering.draw_up(made, by, now()) == []
    assert [one.id for one in papering.proposals(row)] == [paper.id]


def test_a_paper_for_a_live_trial_names_the_control_room(city: City) -> None:
    made = frozen(city, mode="live")
    assessed()
    drawn = papering.draw_up(made, city.person("analyst"), now())
    assert isinstance(drawn, list), drawn
    assert {"operator", "lead"} <= set(drawn[0].paper.terms.readers)


def test_the_desk_draws_it_up_and_shows_who_signs_where(city: City) -> None:
    made, desk = frozen(city), city.client("analyst")
    assessed()
    address = f"/programme/trials/desk/{made.pk}/"
    assert desk.post(f"{address}papers/").status_code == 302
    said = desk.get(address).content.decode()
    (paper,) = papering.proposals(Row.objects.get(id=made.pk))
    for role in ("territory", "company", "state"):
        assert papering.link(paper.id, role) in said
        signing = desk.get(f"/trust/terms/{paper.id}/sign/{role}/").content.decode()
        assert f'href="/programme/trials/{made.pk}/"' in signing, "the way back"
    assert "No city yet" not in said, "the chain's bar is not the console's"


@pytest.mark.parametrize("role", ["territory", "company", "state"])
def test_outside_a_demonstration_no_key_of_a_simulation_signs(
    city: City, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = frozen(city)
    assessed()
    drawn = papering.draw_up(made, city.person("analyst"), now())
    assert isinstance(drawn, list), drawn
    monkeypatch.setattr(settings, "DEMO", False)
    monkeypatch.setenv("NEC_SIM_PROGRAMME_URL", "http://127.0.0.1:9")
    address = f"/trust/terms/{drawn[0].id}/sign/{role}/"
    assert city.client("analyst").post(f"{address}demo/").status_code == 404
    assert "demo/" not in city.client("analyst").get(address).content.decode()


def test_outside_a_demonstration_no_example_is_filled_in(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    made = experiment(city, now())
    monkeypatch.setattr(settings, "DEMO", False)
    assert city.client("analyst").post(f"/programme/trials/desk/{made.pk}/example/").status_code == 404
    assert "example/" not in city.client("analyst").get(f"/programme/trials/desk/{made.pk}/").content.decode()


def test_in_a_demonstration_the_guide_leads_and_elsewhere_there_is_none(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = city.client("analyst").get("/programme/").content.decode()
    assert 'class="guide"' not in front
    monkeypatch.setattr(settings, "DEMO", True)
    assert 'class="guide"' in city.client("analyst").get("/programme/").content.decode()


def test_the_guide_ends_with_where_to_look(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    at = now()
    made = reported(experiment(city, at), at)
    making.make(made, at, city.users["analyst"], title="At the gates", route="market")
    type(made.project.team.challenge.lead.need).objects.update(title=example.TITLE)
    monkeypatch.setattr(settings, "DEMO", True)
    assert "Where to look now" not in city.client("analyst").get("/programme/").content.decode()
    done = guide.Step(who="", what="Walked", done=True)
    monkeypatch.setattr(guide, "_steps", lambda _need: iter([done]))
    page = city.client("analyst").get("/programme/").content.decode()
    found = page.split("Where to look now")[1].split("</ul>")[0]
    for way in re.findall(r'href="([^"]+)"', found):
        assert city.client("analyst").get(way).status_code == 200, way
    assert found.count("href=") == 4 and "/programme/wall/" in found and "nec ledger verify" in page


def test_the_guide_leads_out_of_a_protocol_whose_time_ran_out_before_it_was_signed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = frozen(city)
    need = made.project.team.challenge.lead.need
    type(need).objects.filter(pk=need.pk).update(title=example.TITLE)
    monkeypatch.setattr(settings, "DEMO", True)
    front = city.client("analyst").get("/programme/").content.decode()
    assert "Its time ran out" not in front and "Draw up the paper" in front
    monkeypatch.setattr(guide, "CLOCK", LATE)
    assert "Its time ran out" in city.client("analyst").get("/programme/").content.decode()
    told = guide.shown()
    assert told is not None
    waiting = [one["step"] for one in told["steps"] if not one["step"].done and one["step"].address]
    assert f"/programme/trials/desk/{made.pk}/" in [one.address for one in waiting]


def test_the_guide_leads_from_an_exit_to_extend_to_another_protocol(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = reported(experiment(city, now()), now(), "extend")
    need = made.project.team.challenge.lead.need
    type(need).objects.filter(pk=need.pk).update(title=example.TITLE)
    monkeypatch.setattr(settings, "DEMO", True)
    told = guide.shown()
    assert told is not None and not told["over"]
    waiting = [one["step"].address for one in told["steps"] if not one["step"].done]
    assert waiting[-1] == f"/programme/trials/desk/{made.pk}/#again"


def test_figures_are_read_as_they_are_signed_one_line_each(city: City) -> None:
    """A form may have any words for a figure: whoever signs reads those, and nothing made of them."""
    made = frozen(city)
    assessed()
    drawn = papering.draw_up(made, city.person("analyst"), now())
    assert isinstance(drawn, list), drawn
    asked = drawn[0].paper.terms
    assert asked.experiment is not None
    figures = (*asked.experiment.metrics, "Fausses alarmes / heure ≤ 3", "A / B ≤ 1 / 2")
    asked = msgspec.structs.replace(asked, experiment=msgspec.structs.replace(asked.experiment, metrics=figures))
    assert "\n".join(figures) in [text for _name, text in showing.in_words(asked)]
    page = Client().get(f"/trust/terms/{drawn[0].id}/sign/company/").content.decode()
    assert '<dd class="prewrap">' in page and "css/base.css" in page
    assert ".prewrap {\n  white-space: pre-wrap;" in Path(str(finders.find("css/base.css"))).read_text()


def test_another_trials_paper_waits_until_the_running_one_has_ended(city: City) -> None:
    """What a key says is said under its newest paper: the trial that runs would hear nothing more."""
    begun, memory = started(city)
    by, at = city.person("analyst"), now()
    mine = Experiment.objects.get(pk=begun.id)
    again: Any = making.make(mine.project, at, city.users["analyst"], title="Other figures")
    later = written(again, at)
    assert isinstance(trials.freeze(store(), later, by, at), Trial)
    drawn = papering.draw_up(again, by, now())
    assert isinstance(drawn, list), drawn
    asked = drawn[0].paper.terms
    assert [one.rule for one in asking.obstacles(asked, now())] == ["trial_source_busy"]
    page = Client().get(f"/trust/terms/{drawn[0].id}/sign/company/").content.decode()
    ends = timezone.localtime(protocol.read(begun.protocol).ends)
    assert "Un autre essai écoute cette clé" in page and f"{ends:%H:%M} au plus tard" in page and "data-act" not in page
    assert say(memory, now(), 1, 0) == ""
    assert asked.experiment is not None
    of_this = msgspec.structs.replace(asked.experiment, evaluation=f"Protocole / Protocol {begun.digest}")
    own = msgspec.structs.replace(asked, experiment=of_this)
    assert "trial_source_busy" not in [one.rule for one in asking.obstacles(own, now())]
    after = msgspec.structs.replace(asked, valid_from=protocol.read(begun.protocol).ends)
    assert "trial_source_busy" not in [one.rule for one in asking.obstacles(after, now())]
    assert not isinstance(trials.stop(store(), begun.id, "Other figures are asked for.", by, now()), Refusal)
    assert "trial_source_busy" not in [one.rule for one in asking.obstacles(asked, now())]
