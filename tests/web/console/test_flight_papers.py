"""What flights rest on, on the lead's and the officer's screens: entered, suspended with its reason, entered anew."""

import re
from datetime import UTC, datetime, timedelta

from necmergitur.governance.assessments import Assessment
from necmergitur.operations import assessing
from necmergitur.sim import papers
from necmergitur.sim.demo import assessed
from necmergitur.web.facts.models import Authorisation
from necmergitur.web.store import store
from tests.web.console.test_rooms import grant
from tests.web.pages import ASSESSED, City

NEW = "/console/authorisations/new/"
ALL = "/console/authorisations/"


def withdraw() -> None:
    gone = assessing.withdraw(store(), ASSESSED, "other cameras", papers.BY, datetime.now(UTC))
    assert isinstance(gone, Assessment)


def enter(city: City, **changes: object) -> Authorisation:
    assert city.client("lead").post(NEW, grant(city, **changes)).status_code == 302
    return Authorisation.objects.filter(kind="flight").latest("granted_at")


def test_what_is_entered_names_its_assessment_and_its_law(city: City) -> None:
    row = enter(city, recording="on")
    assert row.rests_on["assessment_id"] == str(ASSESSED)
    assert row.rests_on["law"] == ["drone_decree_2023_283"]
    assert row.conditions["operator_class"] == "civil_security"


def test_the_form_offers_only_operators_the_law_lists_and_says_what_it_says(city: City) -> None:
    city.assess_flights()
    page = city.client("lead").get(NEW).content.decode()
    assert "civil_security" in page and "municipal_police" not in page
    assert "without sound" in page
    assert city.client("lead").post(NEW, grant(city, operator_class="municipal_police")).status_code == 422


def test_a_purpose_the_decree_does_not_list_is_refused_beside_its_field(city: City) -> None:
    answer = city.client("lead").post(NEW, grant(city, purpose="training", recording="on"))
    page = answer.content.decode()
    assert answer.status_code == 422 and 'id="id_purpose-error"' in page and "does not list this purpose" in page


def test_without_an_assessment_the_form_says_who_writes_one_and_that_calls_go_on(city: City) -> None:
    for language, said in (("en", "Calls for help go on"), ("fr", "Les appels à l\u2019aide continuent")):
        assert said in city.client("lead", language).get(NEW).content.decode()


def test_what_is_suspended_says_why_and_what_to_do(city: City) -> None:
    row = enter(city)
    assert "No drone flies under it" not in city.client("lead").get(ALL).content.decode()
    withdraw()
    page = city.client("lead").get(ALL).content.decode()
    assert "other cameras" in page and "No drone flies under it" in page and 'id="g-suspended"' in page
    assert f"{NEW}?again={row.id}" in page


def test_entering_anew_begins_from_the_words_that_were(city: City) -> None:
    row = enter(city, label="Summer nights", legal_basis="Order 12")
    page = city.client("lead").get(f"{NEW}?again={row.id}").content.decode()
    assert "Summer nights" in page and "Order 12" in page and "LF-P 23, LF-R 1" in page
    assert re.search(rf'value="{ASSESSED}" selected', page)
    assert city.client("lead").get(f"{NEW}?again=none").status_code == 200


def test_an_officer_says_that_it_no_longer_holds_with_a_reason(city: City) -> None:
    on = assessed.put_assessment(store(), datetime.now(UTC))  # type: ignore[arg-type]
    row = enter(city, assessment=str(on.id))
    page = f"/trust/assessments/{on.id}/"
    browser = city.client("dpo")
    assert "1 flight authorisation rests on it" in browser.get(page).content.decode()
    assert city.client("lead").post(f"{page}withdraw/", {"reason": "x"}).status_code == 403
    assert browser.post(f"{page}withdraw/", {"reason": " ", "sure": "yes"}).status_code == 422
    assert browser.post(f"{page}withdraw/", {"reason": "the cameras see further now", "sure": "yes"}).status_code == 302
    row.refresh_from_db()
    assert row.suspended_at is not None
    assert "the cameras see further now" in browser.get(page).content.decode()


def test_the_register_says_what_flights_rest_on(city: City) -> None:
    enter(city, valid_from=_local(datetime.now(UTC) - timedelta(hours=1)))
    page = city.client("lead").get("/register/drones/").content.decode()
    assert "Test cameras" in page and "Favourable." in page


def test_the_demonstrations_assessment_lacks_nothing_that_the_desk_asks_for(city: City) -> None:
    from necmergitur.adapters.law import rules
    from necmergitur.governance import pia
    from necmergitur.web.trust.models import Study

    now = datetime.now(UTC)
    assert pia.gaps(assessed.writing(now), rules(), now) == []
    first = assessed.put_assessment(store(), now)  # type: ignore[arg-type]
    assert assessed.put_assessment(store(), now) == first, "a second start signs nothing anew"  # type: ignore[arg-type]
    text = city.client("dpo").get(f"/trust/assessments/{first.id}/v1.json").content
    import hashlib

    assert hashlib.sha256(text).hexdigest() == first.digest == Study.objects.get().digest


def _local(at: datetime) -> str:
    from django.utils import timezone

    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")
