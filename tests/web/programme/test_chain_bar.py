"""The bar of the chain: on what companies read, with a way to what follows, and no word over another."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from necmergitur.innovation.chain import ProjectState
from necmergitur.web.programme import making, showing
from necmergitur.web.programme.models import Challenge, Need, Project
from tests.web.incubation.test_incubation import applied, called
from tests.web.pages import City
from tests.web.programme.test_making import whole_chain

# Do two things of one step, or of its neighbour, stand over each other? Or does one leave its own step?
OVER = """() => {
  const found = [];
  const steps = [...document.querySelectorAll(".chain__step")];
  const boxes = steps.flatMap((step, at) => [...step.children].map((one) => [at, one, one.getBoundingClientRect()]));
  for (const [at, one, a] of boxes) {
    const own = steps[at].getBoundingClientRect();
    if (a.right > own.right + 1 || a.left < own.left - 1 || one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
      found.push(`out: ${one.textContent}`);
    for (const [, other, b] of boxes)
      if (one !== other && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        found.push(`over: ${one.textContent} / ${other.textContent}`);
  }
  return found;
}"""


def test_a_call_and_an_application_show_their_chain_without_ways_to_the_desk(city: City) -> None:
    call = called(city)[1]
    mine = applied(call).headers["Location"]
    for address in (f"/programme/incubation/calls/{call.pk}/", mine):
        answer = Client().get(address)
        assert answer.status_code == 200, address
        page = answer.content.decode()
        assert 'class="chain"' in page and f"/programme/needs/NM-{call.challenge.chain}/" in page, address
        assert "/programme/desk/" not in page.split('class="chain"')[1].split("</nav>")[0]


def test_of_several_that_follow_the_latest_is_a_step_away(city: City) -> None:
    stages, by = whole_chain(city.users["analyst"]), city.users["analyst"]
    project = Project.objects.get()
    Project.objects.filter(pk=project.pk).update(state=ProjectState.SELECTED)
    second = making.make(Project.objects.get(), timezone.now(), by, title="Another evening")
    step = showing.bar(project, public=True)[5]
    assert (step["count"], step["address"]) == (2, showing.address_of(second))
    beside = showing.bar(second, public=True)[6]
    assert (beside["row"], beside["address"]) == (stages[6], showing.address_of(stages[6]))
    page = Client().get(f"/programme/solutions/{project.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert f'href="/programme/trials/{second.pk}/"' in page and "2, see the latest" in page
    making.make(stages[3], timezone.now(), by, title="Two of a team")
    assert showing.bar(stages[3], public=True)[4] | {"stage": ""} == {
        "stage": "", "count": 2, "address": "", "here": False
    }  # fmt: skip


@pytest.mark.parametrize("width", [1366, 1280, 390])
def test_no_word_of_the_bar_stands_over_another(city: City, enter: Callable[..., Page], width: int) -> None:
    whole_chain(city.users["analyst"])
    long = "Savoir à temps que le parvis de la salle est déjà beaucoup trop plein ? (démonstration)"
    Need.objects.update(title=long)
    Challenge.objects.update(title=f"Expérimentation : {long}")
    page = enter("", "fr", "light", viewport={"width": width, "height": 768})
    for address in ("/programme/needs/NM-1/", f"/programme/solutions/{Project.objects.get().pk}/"):
        page.goto(address)
        assert page.locator(".chain__step").count() == 7
        assert page.evaluate(OVER) == [], address
