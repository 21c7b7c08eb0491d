"""Why a paper ended with its trial is said in words wherever it is shown, and what a person typed as they typed it."""

from datetime import timedelta
from typing import Any, get_args

import msgspec
import pytest
from django.test import Client
from django.utils.translation import override

from necmergitur.innovation import metrics, protocol
from necmergitur.innovation.protocol import Why
from necmergitur.operations import authorising, trial_store, trials
from necmergitur.web.facts.models import Authorisation
from necmergitur.web.register.words import ENDED, why_revoked
from necmergitur.web.store import store
from necmergitur.web.trials import showing as reports
from necmergitur.web.trials.kept import Made
from necmergitur.web.trust.signing import showing
from tests.web.pages import City
from tests.web.papers.reading import read
from tests.web.trials.test_trials import PREFECT, begun_under, started
from tests.web.trials.trying import VENDOR, now

BY_HAND = {"en": "was ended by hand", "fr": "arrêté à la main"}


def pages(city: City, language: str) -> list[str]:
    """Return every page that says why a paper was revoked: the register's, the signing pages' and the console's."""
    row = Authorisation.objects.get(revoked_at__isnull=False)
    with override(language):
        _tone, standing = showing.standing(None, row, now())
    client = city.client("duty_officer", language)
    found = [client.get(one).content.decode() for one in (f"/register/sensor:{VENDOR}/", "/console/authorisations/")]
    return [standing, *found]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_paper_that_ended_with_its_trial_says_so_in_words_on_every_page(city: City, language: str) -> None:
    begun, _memory = started(city)
    trials.stop(store(), begun.id, "The evening is over.", city.person("analyst"), now())
    for page in pages(city, language):
        assert BY_HAND[language] in page.replace("\N{NO-BREAK SPACE}", " ") and "trial_" not in page


def test_what_somebody_typed_is_shown_as_typed_on_every_page(city: City) -> None:
    begun, _memory = started(city)
    (paper,) = begun_under(begun.id)
    authorising.revoke(store(), paper, "The prefect wants it.", PREFECT, now())
    for page in pages(city, "fr"):
        assert "The prefect wants it." in page


@pytest.mark.parametrize("why", get_args(Why))
def test_every_way_a_trial_ends_a_paper_has_words_of_its_own(why: Any) -> None:
    said = set()
    for language in ("en", "fr"):
        with override(language):
            said.add(why_revoked(f"trial_{why}"))
    assert len(said) == 2 and not any("trial_" in one for one in said)
    assert set(ENDED) == {f"trial_{one}" for one in get_args(Why)}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_reason_of_whoever_stopped_a_trial_by_hand_heads_its_pages_and_its_paper(city: City, language: str) -> None:
    begun, _memory = started(city)
    reason = "The square is closed for a concert."
    trials.stop(store(), begun.id, reason, city.person("analyst"), now())
    analyst = city.client("analyst", language)
    for address in (f"/programme/trials/{begun.id}/", f"/programme/trials/desk/{begun.id}/"):
        page = analyst.get(address).content.decode()
        assert reason in page[: page.index('id="report"')], address
    _reader, text = read(analyst.get(f"/programme/trials/{begun.id}/report.pdf?lang={language}").content)
    assert text.index(reason) < text.index({"en": "Company", "fr": "Entreprise"}[language])


FEW = {"en": "Alarms judged: 0 of the 3 that", "fr": "Alertes jugées : 0 sur les 3 que"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_trial_that_ended_with_fewer_alarms_than_its_protocol_asks_for_says_so_beside_its_outcome(
    city: City, language: str
) -> None:
    begun, _memory = started(city, sample=3)
    trials.stop(store(), begun.id, "The square is closed for a concert.", city.person("analyst"), now())
    page = city.client("analyst", language).get(f"/programme/trials/{begun.id}/").content.decode()
    _reader, text = read(Client().get(f"/programme/trials/{begun.id}/report.pdf?lang={language}").content)
    for told in (page[page.index('id="report"') :], text):
        assert FEW[language] in " ".join(told.replace("\N{NO-BREAK SPACE}", " ").split())


def test_as_many_alarms_as_were_asked_for_or_as_a_failure_takes_are_not_few(city: City) -> None:
    begun, _memory = started(city, sample=3)
    told = protocol.read(begun.protocol)
    found = metrics.figures(told, trial_store.facts_of(store(), begun.id), now())
    assert found.outcome == "unknown" and reports.few(told, found)
    for judged in ((True, True, True), (False,) * 9):
        assert not reports.few(told, msgspec.structs.replace(found, outcomes=judged)), judged
    dear = msgspec.structs.replace(found, outcomes=(True,), outcome="fail")
    assert reports.few(told, dear), "what it cost says nothing of how right it is"
    assert not reports.few(told, msgspec.structs.replace(found, began_at=None)), "nothing was asked of it yet"


def test_what_too_few_alarms_tell_is_not_reached_and_what_it_cost_is(city: City) -> None:
    begun, _memory = started(city, sample=3)
    told = protocol.read(begun.protocol)
    found = metrics.figures(told, trial_store.facts_of(store(), begun.id), now())
    goals = tuple(
        metrics.Met(name, goal, value, holds)
        for name, goal, value, holds in (
            ("precision", 0.7, 1.0, True), ("recall", 0.7, 0.5, False), ("cost_eur", 10.0, 5.0, True),
        )
    )  # fmt: skip
    states = {}
    for judged in (1, 3):
        figures = msgspec.structs.replace(
            found, goals=goals, outcomes=(True,) * judged, outcome="hold", until=told.starts + timedelta(minutes=1)
        )
        with override("en"):
            made = reports.report(told, Made(figures, "", (), figures.until))
            states[judged] = [str(one["state"][1]) for one in made["goals"]] + [str(made["outcome"][1])]
    assert states == {
        1: ["too few alarms", "missed", "reached", "Not everything could be measured"],
        3: ["reached", "missed", "reached", "Every goal was reached"],
    }
