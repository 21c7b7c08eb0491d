"""A hackathon as people play it: every step is a form that somebody sends. Only the clock is moved, by its dates."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from necmergitur.innovation.editions import Phase
from necmergitur.web.hackathon import people
from necmergitur.web.hackathon.models import Edition, Skill
from necmergitur.web.programme.models import Challenge, Lead
from tests.web.pages import City
from tests.web.programme.stating import stated

ORDER = ("registration_at", "teams_at", "work_at", "submission_at", "review_at", "results_at")
PHASES = (Phase.REGISTRATION, Phase.TEAMS, Phase.WORK, Phase.SUBMISSION, Phase.REVIEW, Phase.RESULTS)
CONDUCT = "Be kind. No data about real people."
BLIND = {"need": "7", "measure": "6", "freedoms": "8"}
SEEN = {"works": "7", "trial": "6", "remark": "Clear."}


def somebody(address: str = "10.3.0.1", language: str = "en") -> Client:
    """Return a browser of somebody without account."""
    browser = Client(REMOTE_ADDR=address)
    browser.cookies["nec_language"] = language
    return browser


class Hackathon:
    """One edition with its analyst at hand."""

    def __init__(self, city: City, themes: int = 2, places: int = 400) -> None:
        self.city = city
        self.analyst = city.client("analyst")
        self.themes = [self._challenge(f"Question {number}") for number in range(1, themes + 1)]
        self.places = places
        answer = self.analyst.post("/programme/hackathon/desk/new/", self._form(Phase.REGISTRATION))
        assert answer.status_code == 302, answer.content.decode()
        self.edition = Edition.objects.get(slug="spring")

    def at(self, phase: Phase) -> None:
        """Have the analyst shift the dates, so that a phase is now."""
        answer = self.analyst.post("/programme/hackathon/desk/spring/edit/", self._form(phase))
        assert answer.status_code == 302, answer.content.decode()
        self.edition.refresh_from_db()

    def desk(self, what: str, **said: Any) -> HttpResponse:
        """Send one of the desk's forms."""
        return self.analyst.post(f"/programme/hackathon/desk/spring/{what}/", said)  # type: ignore[return-value]

    def apply(self, number: int, **changes: Any) -> str:
        """Apply as somebody; return the address of their own page."""
        answer = somebody(f"10.1.{number // 250}.{number % 250 + 1}").post(
            "/programme/hackathon/spring/register/", self.said(number, **changes)
        )
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"])

    def said(self, number: int, **changes: Any) -> dict[str, Any]:
        """Return somebody's application."""
        skills = Skill.values
        said = {
            "name": f"Person Nr{number:03d}",
            "email": f"person{number}@people.invalid",
            "organisation": f"Organisation {number % 40}" if number % 3 == 0 else "",
            "skills": [skills[number % 8], skills[(number * 5 + 3) % 8]],
            "access_needs": "",
            "wish_1": str(self.themes[number % len(self.themes)].pk),
            "wish_2": str(self.themes[(number + 1) % len(self.themes)].pk),
            "conduct": "on",
        }
        return said | changes

    def invite(self, kind: str, name: str, **said: str) -> str:
        """Have the analyst add a juror or a mentor; return the address of their page, read where it is shown once."""
        form = {"kind": kind, "name": name, "email": "", "organisation": ""} | said
        page = self.desk("invite", **form).content.decode()
        found = re.search(
            rf"http://testserver(/programme/hackathon/{kind if kind != 'juror' else 'jury'}/[\w-]+/)", page
        )
        assert found is not None, page
        return found[1]

    def _challenge(self, title: str) -> Challenge:
        """Go from a citizen's need to an open challenge, by forms."""
        somebody(f"10.9.0.{len(title)}").post("/programme/needs/new/", stated(title=title))
        number = Lead.objects.count() + 1
        lead = {
            "title": f"Lead to {title}",
            "organisation": "",
            "country": "",
            "url": "",
            "summary": "",
            "language": "en",
        }
        self.analyst.post(f"/programme/desk/needs/NM-{number}/leads/", lead)
        found = Lead.objects.get(title=lead["title"])
        self.analyst.post(f"/programme/desk/leads/{found.pk}/challenge/", {"title": title, "brief": "Find out."})
        challenge = Challenge.objects.get(title=title)
        said = {"title": title, "brief": challenge.brief, "to": "open"}
        self.analyst.post(f"/programme/desk/challenges/{challenge.pk}/", said)
        return challenge

    def _form(self, phase: Phase) -> dict[str, Any]:
        now, at = timezone.localtime(), PHASES.index(phase)
        dates = {name: _typed(now + timedelta(days=2 * (index - at), hours=-1)) for index, name in enumerate(ORDER)}
        return {
            "title": "Spring hackathon",
            "slug": "spring",
            "place": "Town hall",
            "about": "Two days.",
            "places": str(self.places),
            "challenges": [str(one.pk) for one in self.themes],
            "conduct": CONDUCT,
            **dates,
        }


def _typed(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M")


def project(number: int, **changes: str) -> dict[str, str]:
    """Return what a team hands in."""
    said = {
        "do": "hand",
        "title": f"Work {number}",
        "summary": f"Counts people before the gates and warns stewards within a minute; measured in minutes. Idea {number}.",
        "demo": f"https://demo.invalid/{number}",
        "repository": f"https://source.invalid/{number}",
    }
    return said | changes


def badge_of(link: str) -> str:
    """Return what the code on somebody's page says, as the camera at the door reads it."""
    person = people.of_link(link.rstrip("/").rpartition("/")[2])
    assert person is not None
    return person.badge
