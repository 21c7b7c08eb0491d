"""Words that nobody should read leave every public page; the desk keeps them, with a reason, and can show them again."""

import psycopg
from django.test import Client

from necmergitur.web.programme import making
from necmergitur.web.programme.models import Need
from necmergitur.web.store import CLOCK, store
from necmergitur.web.watch.models import Benchmark
from tests.web.pages import City
from tests.web.papers.reading import read
from tests.web.programme.stating import stated
from tests.web.programme.test_making import whole_chain

WORDS = ("Call Jean Dupont", "06 12 34 56 78", "His neighbours", "calls to Jean", "Rue Jean")
SAID = {
    "title": "Call Jean Dupont",
    "situation": "On 06 12 34 56 78, at night.",
    "sufferers": "His neighbours",
    "measure": "calls to Jean",
    "sites": "Rue Jean",
}


def browser(client: Client, language: str = "en") -> Client:
    client.cookies["nec_language"] = language
    return client


def seen(address: str, language: str = "en") -> str:
    answer = browser(Client(), language).get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_hidden_words_leave_every_public_page_until_they_are_shown_again(city: City) -> None:
    by, now = city.users["analyst"], CLOCK.now()
    stages = whole_chain(by)
    Need.objects.update(**SAID)
    compared = Benchmark.objects.create(
        id=store().ids.new(), need=stages[0], title="Compared", created_at=now, changed_at=now, published_at=now
    )
    other = making.state_need(now, None, **stated())
    analyst, at = browser(city.client("analyst")), "/programme/desk/needs/NM-1/"
    public = [
        "/programme/",
        "/programme/needs/NM-1/",
        f"/programme/solutions/{stages[4].pk}/",
        f"/programme/trials/{stages[5].pk}/",
        f"/programme/trials/deployments/{stages[6].pk}/",
        f"/programme/benchmarks/{compared.pk}/",
    ]
    paper = f"{public[-1]}comparison.pdf"
    assert all(WORDS[0] in seen(each) for each in public) and WORDS[0] in read(Client().get(paper).content)[1]
    refused = analyst.post(f"{at}words/", {"do": "hide", "why": ""})
    assert refused.status_code == 422 and 'id="id_hide_why-error"' in refused.content.decode()
    assert city.client("lead").post(f"{at}words/", {"do": "hide", "why": "person"}).status_code == 403
    assert all(word in seen(public[1]) for word in WORDS)
    for _ in range(2):
        assert analyst.post(f"{at}words/", {"do": "hide", "why": "person"}).status_code == 302
    for each in public:
        assert not [word for word in WORDS if word in seen(each)], each
    assert "Words not shown" in seen(public[1]) and "It names a person, or says how to reach one." in seen(public[1])
    assert "Texte non montré" in seen(public[1], "fr") and "Il nomme une personne" in seen(public[1], "fr")
    assert WORDS[0] not in read(Client().get(paper).content)[1]
    assert Client().post("/programme/needs/NM-1/vote/").status_code == 302 and not stages[0].votes.exists()
    desk = analyst.get(at).content.decode()
    assert all(word in desk for word in WORDS) and "The public does not read these words" in desk
    analyst.post(f"{at}merge/", {"into": other.number})
    assert WORDS[0] not in seen(f"/programme/needs/{other.number}/")
    assert analyst.post(f"{at}words/", {"do": "show"}).status_code == 302
    assert all(word in seen(public[1]) for word in WORDS)
    with psycopg.connect(city.url) as connection:
        facts = connection.execute(
            "SELECT payload->>'action', payload->'facts' FROM ledger_event WHERE payload->>'action' IN"
            " ('programme:need:hidden', 'programme:need:shown') ORDER BY seq"
        ).fetchall()
    assert facts == [("programme:need:hidden", {"reason": "person"}), ("programme:need:shown", {})]
