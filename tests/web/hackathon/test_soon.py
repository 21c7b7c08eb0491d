"""Results asked for before they are public: the page says when they come, where, and what to do meanwhile."""

from typing import Any

import pytest
from django.utils import timezone

from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon.models import Edition
from tests.web.hackathon.playing import Hackathon, somebody
from tests.web.pages import City

SPRING = "/programme/hackathon/spring/"


@pytest.mark.parametrize(
    ("language", "title", "due", "after"),
    [
        ("en", "The results are not published yet", "from {at} on", "the city publishes them"),
        ("fr", "Les résultats ne sont pas encore publiés", "à partir du {at}", "la ville les publie"),
    ],
)
def test_results_asked_for_too_soon_say_when_and_where_they_come(
    played: Hackathon, language: str, title: str, due: str, after: str
) -> None:
    played.at(Phase.WORK)
    browser = somebody(language=language)
    answer = browser.get(f"{SPRING}results/")
    page = answer.content.decode()
    at = f"{timezone.localtime(Edition.objects.get(slug='spring').results_at):%H:%M}"
    assert answer.status_code == 404 and title in page
    assert due.partition("{at}")[0] in page and at in page and f'href="{SPRING}"' in page
    played.at(Phase.RESULTS)
    page = browser.get(f"{SPRING}results/").content.decode()
    assert title in page and after in page


def test_a_demonstration_that_has_yet_to_play_its_hackathon_says_so(city: City, settings: Any) -> None:
    address = "/programme/hackathon/played/results/"
    assert "not published yet" not in somebody().get(address).content.decode()
    settings.DEMO = True
    answer = somebody().get(address)
    assert answer.status_code == 404 and "plays its hackathon by itself" in answer.content.decode()
