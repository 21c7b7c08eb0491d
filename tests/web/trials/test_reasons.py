"""Why a paper ended with its trial is said in words wherever it is shown, and what a person typed as they typed it."""

from typing import Any, get_args

import pytest
from django.utils.translation import override

from necmergitur.innovation.protocol import Why
from necmergitur.operations import authorising, trials
from necmergitur.web.facts.models import Authorisation
from necmergitur.web.register.words import ENDED, why_revoked
from necmergitur.web.store import store
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
