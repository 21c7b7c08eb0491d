"""Partners: what the desk writes, what they write themselves behind their link, and what becomes open data."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page

from necmergitur.web.network.models import Clause, Hosting, Partner, Site
from necmergitur.web.programme import making
from tests.web.conftest import accessibility_problems
from tests.web.pages import City, audited
from tests.web.programme.test_making import whole_chain
from tests.web.test_pages import VIEWPORTS, _keep

HERE = "/programme/desk/partners/"
PARTNER = {
    "name": "Palais des Sports", "kind": "private", "about": "A hall.", "contact_name": "Ada Example",
    "contact_email": "ada@hall.example",
}  # fmt: skip
SITE = {"name": "Main hall", "address": "1 place du Marché", "hosts": ["counting", "signs"], "conditions": "No images."}
CLAUSE = {
    "dataset": "Entries by minute", "description": "Turnstiles, without tickets.", "licence": "etalab-2.0",
    "url": "https://data.hall.example/entries", "until": "2099-12-31",
}  # fmt: skip


def joined(city: City) -> tuple[Client, str]:
    """Add a partner with one site; return the analyst's browser and the partner's desk address."""
    analyst = city.client("analyst")
    answer = analyst.post(f"{HERE}new/", PARTNER)
    assert answer.status_code == 302, answer.content.decode()
    address = f"{HERE}{Partner.objects.get().pk}/"
    assert analyst.post(f"{address}do/site/", SITE).status_code == 302
    return analyst, address


def link_of(analyst: Client, address: str) -> str:
    """Have the private address made; return its path."""
    page = analyst.post(f"{address}do/link/").content.decode()
    found = re.search(r"<code>https?://[^/]+(/programme/partners/mine/[^<]+)</code>", page)
    assert found is not None
    return found[1]


def catalogue() -> str:
    return Client().get("/register/data/catalog.ttl").content.decode()


def test_a_site_or_an_experiment_that_is_none_is_answered_so(city: City) -> None:
    analyst, address = joined(city)
    for said in ({"site": "x", "experiment": "y"}, {"site": "1" * 5_000, "experiment": ""}, {}):
        assert analyst.post(f"{address}do/host/", said).status_code == 404


def test_a_partner_writes_their_own_sites_behind_a_link_that_a_new_one_ends(city: City) -> None:
    analyst, address = joined(city)
    mine = link_of(analyst, address)
    partner = Client()
    partner.cookies["nec_language"] = "en"
    page = partner.get(mine)
    assert "Main hall" in page.content.decode()
    # Under "no-referrer" a browser sends forms with "Origin: null", and the guard against forged forms refuses them.
    assert page["Referrer-Policy"] == "same-origin"
    site = Site.objects.get()
    wrong = SITE | {"open_from": "2027-05-02", "open_until": "2027-05-01", "lon": "2.3"}
    page = partner.post(f"{mine}sites/{site.pk}/", wrong)
    assert page.status_code == 422 and "It ends before it begins." in page.content.decode()
    assert partner.post(f"{mine}sites/{site.pk}/", SITE | {"conditions": "Only on Sundays."}).status_code == 302
    assert partner.post(f"{mine}sites/0/", SITE | {"name": "Forecourt"}).status_code == 302
    public = Client().get("/programme/partners/").content.decode()
    assert "Only on Sundays." in public and "Forecourt" in public and "ada@hall.example" not in public
    link_of(analyst, address)
    assert Client().get(mine).status_code == 404


def test_data_is_open_once_the_partner_agreed_and_until_they_end_it(city: City) -> None:
    analyst, address = joined(city)
    assert analyst.post(f"{address}do/clause/", CLAUSE).status_code == 302
    mine, clause = link_of(analyst, address), Clause.objects.get()
    assert CLAUSE["url"] not in catalogue(), "nobody opens what is another's"
    Client().post(f"{mine}act/", {"what": "agree", "id": str(clause.pk)})
    assert CLAUSE["url"] in catalogue() and "Palais des Sports" in catalogue()
    Client().post(f"{mine}act/", {"what": "end", "id": str(clause.pk)})
    assert CLAUSE["url"] not in catalogue()
    Client().post(f"{mine}act/", {"what": "agree", "id": str(clause.pk)})
    assert CLAUSE["url"] not in catalogue(), "what ended is asked anew"


@pytest.mark.corpus
@pytest.mark.parametrize("shapes", ["shapes.ttl", "range.ttl"])
@pytest.mark.parametrize("licence", ["etalab-2.0", "public-actors"])
def test_the_catalogue_with_a_partners_data_is_valid(city: City, corpus: Path, shapes: str, licence: str) -> None:
    import pyshacl
    from rdflib import Graph

    analyst, address = joined(city)
    analyst.post(f"{address}do/clause/", CLAUSE | {"licence": licence})
    Client().post(f"{link_of(analyst, address)}act/", {"what": "agree", "id": str(Clause.objects.get().pk)})
    found = Graph().parse(data=catalogue(), format="turtle")
    assert CLAUSE["url"] in found.serialize(format="turtle")
    conforms, _, said = pyshacl.validate(found, shacl_graph=Graph().parse(corpus / "dcat-ap" / shapes, format="turtle"))
    assert conforms, said


def test_one_partner_touches_nothing_of_another(city: City) -> None:
    analyst, address = joined(city)
    mine = link_of(analyst, address)
    analyst.post(f"{HERE}new/", PARTNER | {"name": "Another"})
    other = Partner.objects.get(name="Another")
    analyst.post(f"{HERE}{other.pk}/do/site/", SITE)
    theirs = Site.objects.get(partner=other)
    assert Client().post(f"{mine}sites/{theirs.pk}/", SITE).status_code == 404
    Client().post(f"{mine}act/", {"what": "withdraw", "id": str(theirs.pk)})
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None
    assert Client().post(f"{mine}act/", {"what": "withdraw", "id": "1; DROP"}).status_code == 404


def test_an_experiment_is_shown_to_whoever_hosts_it(city: City) -> None:
    analyst, address = joined(city)
    experiment = whole_chain(city.users["analyst"])[5]
    sent = {"site": str(Site.objects.get().pk), "experiment": str(experiment.pk)}
    for _ in range(2):
        assert analyst.post(f"{address}do/host/", sent).status_code == 302
    assert Hosting.objects.count() == 1
    assert experiment.title in Client().get(link_of(analyst, address)).content.decode()
    assert making.line_of(experiment)[0].chain == experiment.chain


def test_ending_a_partnership_forgets_whom_to_write_to_and_closes_their_link(city: City) -> None:
    analyst, address = joined(city)
    analyst.post(f"{address}do/clause/", CLAUSE)
    mine = link_of(analyst, address)
    Client().post(f"{mine}act/", {"what": "agree", "id": str(Clause.objects.get().pk)})
    assert analyst.post(f"{address}do/end/").status_code == 302
    row = Partner.objects.get()
    assert (row.contact_name, row.contact_email, row.link_hash) == ("", "", "")
    assert Client().get(mine).status_code == 404
    assert CLAUSE["url"] not in catalogue()
    assert analyst.post(f"{address}do/site/", SITE).status_code == 404


@pytest.mark.screens
def test_the_pages_have_no_serious_finding_in_both_languages(city: City, enter: Callable[..., Page]) -> None:
    analyst, address = joined(city)
    analyst.post(f"{address}do/clause/", CLAUSE)
    mine = link_of(analyst, address)
    problems: list[str] = []
    desk = {"desk": HERE, "partner": address, "new": f"{HERE}new/"}
    public = {"partners": "/programme/partners/", "mine": mine, "site": f"{mine}sites/0/"}
    for language, theme, size in (("fr", "dark", "desktop"), ("en", "light", "phone")):
        for role, places in (("analyst", desk), ("", public)):
            page = enter(role, language, theme, viewport=VIEWPORTS[size])
            for name, place in places.items():
                page.goto(place)
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                problems += [f"{place}: {each}" for each in accessibility_problems(page)]
                problems += [f"{place}: wider than the screen"] if wide else []
                _keep(page, f"network-{name}-{language}-{theme}-{size}")
    assert problems == []


def test_what_is_no_deed_of_a_partner_is_not_kept_as_one(city: City) -> None:
    analyst, address = joined(city)
    mine, before = link_of(analyst, address), len(audited(city))
    assert analyst.post(f"{address}do/bogus/").status_code == 404
    assert Client().post(f"{mine}act/", {"what": "bogus", "id": "1"}).status_code == 404
    assert Client().post(f"{mine}act/", {"what": "agree", "id": "999"}).status_code == 302
    assert len(audited(city)) == before


def test_what_a_partner_agrees_to_ends_or_takes_back_is_in_the_record(city: City) -> None:
    analyst, address = joined(city)
    mine = link_of(analyst, address)
    analyst.post(f"{address}do/clause/", CLAUSE)
    before, clause, site = len(audited(city)), str(Clause.objects.get().pk), str(Site.objects.get().pk)
    for what, pk in (("agree", clause), ("end", clause), ("end", clause), ("withdraw", site)):
        assert Client().post(f"{mine}act/", {"what": what, "id": pk}).status_code == 302
    Client().post(f"{mine}sites/0/", SITE)
    new = str(Site.objects.latest("pk").pk)
    assert audited(city)[before:] == [
        ("partner:agree:own", {"id": clause}, "user:0"),
        ("partner:end:own", {"id": clause}, "user:0"),
        ("partner:withdraw:own", {"id": site}, "user:0"),
        ("partner:site:own", {"site": new}, "user:0"),
    ]


def test_a_site_that_is_called_by_its_address_is_said_once(city: City) -> None:
    analyst, address = joined(city)
    assert analyst.post(f"{address}do/site/", SITE | {"name": "North quay", "address": "North Quay"}).status_code == 302
    public = city.client("analyst").get("/programme/partners/").content.decode()
    assert "North quay" in public and "North Quay" not in public and "Main hall</strong>, 1 place du" in public
    mine = Client().get(link_of(analyst, address)).content.decode()
    assert "North quay" in mine and "North Quay" not in mine and "1 place du" in mine
