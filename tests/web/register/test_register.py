"""The register as anybody reads it: what is on and why not, the paper behind it, and nothing about a person."""

import gzip
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from psycopg.conninfo import conninfo_to_dict

from necmergitur.adapters.embedded_postgres import EmbeddedPostgres
from necmergitur.adapters.law import rules
from necmergitur.adapters.shred_list import ShredList
from necmergitur.dispatch.incidents import Person
from necmergitur.governance import disclosure
from necmergitur.governance.assessments import Observed
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.sensors import Sensor
from necmergitur.innovation.protocol import Why
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, authorising, erasure, incidents, retention, sensing
from necmergitur.operations import streams as of_sensor
from necmergitur.operations.alarms import set_alarm
from necmergitur.operations.sensing import Memory
from necmergitur.operations.sensors import Refused
from necmergitur.web.facts.models import Authorisation as Row
from necmergitur.web.register import history, words
from necmergitur.web.register.constants import COUNT_TOLD_LEAST
from necmergitur.web.register.streams import paper_of
from necmergitur.web.sensors import words as sensor_words
from necmergitur.web.store import store
from tests import signed, streams
from tests.web.pages import City
from tests.web.register.conftest import PAGE, STREAM, grant

ADDRESSES = (
    "/register/",
    "/register/map/",
    "/register/drones/",
    "/register/buttons/",
    "/register/flights/",
    "/register/refusals/",
    "/register/break-glass/",
    "/register/erased/",
    "/register/signs/",
    "/register/register.json",
    "/register/changes.atom",
    PAGE,
    f"{PAGE}sign/",
    "/register/drone:D-1/",
    "/register/drone:D-1/sign/",
    "/register/button:b-1/",
    "/register/button:b-1/sign/",
)


def text(address: str, language: str = "en") -> str:
    browser = Client()
    browser.cookies["nec_language"] = language
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_every_page_opens_for_whoever_has_no_account_in_both_languages(trial: Authorisation) -> None:
    for address in ADDRESSES:
        assert text(address) and text(address, "fr")


def test_an_empty_city_has_an_honest_register(city: City) -> None:
    said = text("/register/")
    assert "0</strong> of 0 sensor streams are on right now" in said
    assert "No paper allows any sensor to speak" in said


def test_what_retention_erased_is_published_with_its_proof_and_names_nobody(city: City, tmp_path: Path) -> None:
    assert "No run is recorded yet" in text("/register/erased/")
    now = datetime.now(UTC)
    with store().transaction() as tx:
        tx.put_holder("b-1", tx.seal(b"Ada Example"), now)
    city.sql("UPDATE device SET retired_at = now() WHERE id = 'b-1'")
    assert retention.erase(store(), now)["holders"] == 1
    said = text("/register/erased/")
    assert "names of holders of buttons given back" in said and "Ada" not in said
    seq = city.sql("SELECT seq FROM ledger_event WHERE stream = %s", retention.STREAM)[0][0]
    assert f"fact {seq}" in said, "its proof, once the log is signed"
    assert erasure.erase(store(), ShredList(tmp_path / "list"), "p-1", Person(90, "Vienne"), now)
    assert "1 person so far was erased" in text("/register/erased/")


def test_a_stream_is_told_off_its_paper(trial: Authorisation) -> None:
    said = text(PAGE)
    assert "the gate lets its readings in" in said
    for part in (
        "People counter",
        "Counters Ltd",
        "Favourable: counts alone",
        "GDPR art. 6(1)(e)",
        "Old Town",
        "30 days",
    ):
        assert part in said, part
    assert "1</strong> of 1 sensor stream is on right now" in text("/register/")


@pytest.mark.parametrize(
    ("language", "months"),
    [
        ("en", "January February March April May June July August September October November December"),
        ("fr", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    ],
)
def test_dates_are_written_day_first_and_in_24_hours_of_the_city(
    language: str, months: str, trial: Authorisation
) -> None:
    ends = trial.valid_until.astimezone(ZoneInfo("Europe/Paris"))
    for address in (PAGE, "/register/"):
        page = text(address, language)
        assert not re.search(r"\b[ap]\.m\.|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}", page)
    assert f"{ends.day} {months.split()[ends.month - 1]} {ends.year}, {ends:%H:%M}" in text(PAGE, language)


def test_a_device_that_drifted_is_told_to_be_off_and_how_it_differs(trial: Authorisation) -> None:
    seen = Observed(stream=STREAM, payload_schema="crowd_count/1", zone_id="z-1", rate_per_minute=60, firmware="")
    assert assessing.report(store(), seen, datetime.now(UTC))
    said = text(PAGE)
    assert "Off: suspended" in said and "set to measure more often than was assessed" in said
    assert "Assessed: 1; now: 60." in said
    assert json.loads(text("/register/register.json"))["streams"][0]["state"] == "suspended"


def test_the_page_that_checks_proofs_has_a_word_for_each_fact_of_the_register() -> None:
    """That page is one file without us, so its words are its own: none may be missing, in either language."""
    words = (Path(__file__).parents[3] / "ui/src/verify/words.ts").read_text("utf-8")
    english, french = words.split("export const KINDS")[1].split("  fr: {")
    for kind in history.KINDS:
        assert f"{kind}: " in english and f"{kind}: " in french, kind


def test_each_refusal_of_a_sensor_or_its_reader_is_told_by_its_own_words() -> None:
    of_screens = {"", "purpose_not_authorised", "range_too_long", "reader_not_authorised", "unreachable"}
    assert sensor_words.RULES.keys() - of_screens - words.REFUSALS.keys() == set()


def test_a_stream_that_no_engine_hears_is_not_told_to_be_on(trial: Authorisation, engine: Any) -> None:
    engine.close()
    said = text(PAGE)
    assert "Off: nobody hears it" in said and "the gate lets its readings in" not in said
    assert "0</strong> of 1 sensor stream is on right now" in text("/register/")
    assert json.loads(text("/register/register.json"))["streams"][0]["state"] == "unheard"
    assert "People counter" in text("/register/signs/"), "a sign hangs through an outage"


def enrolled(now: datetime, **known: Any) -> None:
    """Have the device of the trial stand in the old town."""
    sensor = Sensor(
        id="c-0001", label="Town hall square", modality="crowd_count", payload_schema="crowd_count/1", zone_id="z-1",
        lon=2.35, lat=48.85, rate_per_minute=1, firmware="", certificate_subject="CN=c-0001", installed_at=now, **known,
    )  # fmt: skip
    assert not isinstance(sensing.enrol(store(), sensor, Person(90, "Vienne"), now), Refusal)


def test_a_drone_that_no_engine_hears_is_not_told_to_be_ready(city: City, engine: Any) -> None:
    city.authorise_flights()
    assert "For a call for help, yes" in text("/register/drone:D-1/")
    engine.close()
    said = text("/register/drone:D-1/")
    assert "For a call for help, yes" not in said and "Off: nobody hears it" in said


def test_a_device_behind_a_lost_broker_is_not_told_to_be_on(trial: Authorisation) -> None:
    now = datetime.now(UTC)
    enrolled(now, answered_at=now - timedelta(seconds=6))
    assert "Is on" in text(PAGE)
    set_alarm(store(), "broker_lost", True, "shard 0", now)
    said = text(PAGE)
    assert "Off: nobody hears it" in said and "the line to it" in said
    with store().transaction() as tx:  # of several brokers one is lost: this device is behind another
        tx.touch_sensors(["c-0001"], now + timedelta(seconds=5))
    assert "Is on" in text(PAGE)


@pytest.mark.parametrize("alarm", ["record_full", "log_refused"])
def test_while_nothing_can_be_written_no_stream_is_told_to_be_on(alarm: str, trial: Authorisation) -> None:
    set_alarm(store(), alarm, True, "", datetime.now(UTC))
    said = text(PAGE)
    assert "Off: nothing can be written down" in said and "the gate lets its readings in" not in said
    assert "0</strong> of 1 sensor stream is on right now" in text("/register/")
    set_alarm(store(), alarm, False, "", datetime.now(UTC))
    assert "Is on" in text(PAGE)


def test_a_device_out_of_service_is_not_told_to_be_on(trial: Authorisation) -> None:
    now = datetime.now(UTC)
    enrolled(now)
    assert not isinstance(sensing.retire(store(), "c-0001", Person(90, "Vienne"), now), Refusal)
    assert "Off: taken out of service" in text(PAGE)


def test_a_withdrawn_paper_and_its_reason_stay_readable(trial: Authorisation) -> None:
    revoked = authorising.revoke(
        store(), trial.id, "the square is being rebuilt", Person(90, "Vienne"), datetime.now(UTC)
    )
    assert isinstance(revoked, Authorisation), revoked
    said = text(PAGE)
    assert "Off: withdrawn" in said and "the square is being rebuilt" in said and "Signed and granted" in said


def test_a_paper_that_has_not_begun_is_off(city: City) -> None:
    now = datetime.now(UTC)
    grant(now, valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=2))
    assert "Off: not begun" in text(PAGE)


def test_the_next_paper_says_when_it_begins_whatever_became_of_the_one_before(trial: Authorisation) -> None:
    now = datetime.now(UTC)
    assert not isinstance(authorising.revoke(store(), trial.id, "trial_by_hand", Person(90, "Vienne"), now), Refusal)
    before = paper_of(Row.objects.get(id=trial.id)).terms
    asked = msgspec.structs.replace(
        before, id=store().ids.new(), valid_from=now + timedelta(days=1), valid_until=now + timedelta(days=2)
    )
    assert isinstance(signed.grant(store(), signed.paper(asked, now), now), Authorisation)
    said = text(PAGE)
    assert "Off: not begun" in said and "Its paper begins on" in said and "Its paper was withdrawn" not in said


def test_the_paper_can_be_checked_by_anybody(trial: Authorisation) -> None:
    signed_paper = json.loads(text(f"/register/papers/{trial.id}.json"))
    again = hashlib.sha256(b"necmergitur/terms/v1\x00" + signed_paper["canonical"].encode()).hexdigest()
    assert again == signed_paper["digest"] and again in text(PAGE)
    assert [one["role"] for one in signed_paper["signatures"]] == ["territory", "company", "state"]


def test_a_flights_authorisation_is_no_paper_to_take(city: City) -> None:
    flight = city.authorise_flights()
    assert Client().get(f"/register/papers/{flight.id}.json").status_code == 404


@pytest.mark.parametrize("name", ["a street/5 <b>\"'&", "x\ny", "flights", "?#%", "sensor:é"])
def test_no_name_of_a_stream_breaks_a_page(name: str, city: City) -> None:
    now = datetime.now(UTC)
    assessed = signed.assessment(now)
    covers = msgspec.structs.replace(assessed.covers, streams=(name,), zones=("z-1",))
    assessed = msgspec.structs.replace(assessed, covers=covers)
    signed.granted(store(), signed.terms(now, assessed, label="a\x0bb"), now, assessed)
    for address in (
        "/register/",
        "/register/map/",
        "/register/signs/",
        "/register/changes.atom",
    ):
        assert "<b>" not in text(address), address
    assert Client().get("/register/register.json")["Content-Type"] == "application/json"
    if name != "flights":
        assert Client().get(reverse("register:device", args=[name])).status_code == 200
        assert Client().get(reverse("register:sign", args=[name])).status_code == 200


def test_an_address_nobody_made_is_nothing(city: City) -> None:
    for address in (
        "/register/x/",
        "/register/%00/",
        "/register/button:%00/",
        "/register/sensor:/",
        "/register/a/b/c/",
    ):
        assert Client().get(address).status_code == 404, address


@pytest.mark.parametrize(
    "name", ["button:p-1", "button:p-2", "button:nobody", "sensor:unknown", "drone:none", "personal:p-1"]
)
def test_a_personal_button_is_not_told_from_nothing(name: str, city: City) -> None:
    city.sql("UPDATE device SET lon = 2.35, lat = 48.85, zone_id = 'z-1' WHERE id = 'p-2'")
    found = [Client().get(f"/register/{name}/{end}") for end in ("", "sign/")]
    assert [one.status_code for one in found] == [404, 404]
    nothing = Client().get("/register/button:nobody/").content
    assert found[0].content.replace(name.encode(), b"") == nothing.replace(b"button:nobody", b"")


def test_an_alarm_panel_inside_a_building_is_not_listed(city: City) -> None:
    city.sql("UPDATE device SET transport = 'dc09' WHERE id = 'b-2'")
    assert Client().get("/register/button:b-2/").status_code == 404
    assert "Quai du Port 2" not in text("/register/buttons/")


@pytest.fixture
def behind(city: City, postgres: EmbeddedPostgres) -> Callable[..., None]:
    """Change what no writer may, as a superuser: a clock cannot be turned back in a test."""

    def change(statement: str, *parameters: Any) -> None:
        with psycopg.connect(postgres.admin_url, dbname=conninfo_to_dict(city.url)["dbname"]) as opened:
            opened.execute("SET session_replication_role = replica")
            opened.execute(statement, parameters)

    return change


@pytest.fixture
def landed(city: City, behind: Callable[..., None]) -> Callable[[Any, float], None]:
    """`landed(incident, hours)`: a drone flew for it for ten minutes and has been back for hours."""

    def fly(incident: Any, hours_ago: float) -> None:
        mission = city.mission(incident, state="flying", phase="on_scene")
        ended = datetime.now(UTC) - timedelta(hours=hours_ago)
        behind(
            "UPDATE mission SET state = 'ended', phase = 'ended', ended_at = %s, airborne_at = %s,"
            " end_reason = 'docked' WHERE id = %s",
            ended,
            ended - timedelta(minutes=10),
            mission,
        )

    return fly


def test_a_flight_is_told_a_day_after_it_ended_and_to_a_hundred_metres(
    city: City, landed: Callable[[Any, float], None], behind: Callable[..., None]
) -> None:
    incident = city.press("b-1")
    landed(incident, 23.9)
    told = json.loads(text("/register/register.json"))["flights"]
    assert told["listed"] == [] and told["personal_by_month"] == {}
    earlier = (
        "UPDATE mission SET ended_at = ended_at - interval '12 min', airborne_at = airborne_at - interval '12 min'"
    )
    behind(earlier)
    (flight,) = json.loads(text("/register/register.json"))["flights"]["listed"]
    assert (flight["lon"], flight["lat"]) == (2.3505, 48.856) and flight["minutes"] == 10
    assert flight["over"] == ["Centre"] and flight["reason"] == "SOS"
    assert "Centre" in text("/register/flights/") and "SOS" in text("/register/drone:D-1/")


def test_a_flight_for_a_person_is_only_counted(
    city: City, landed: Callable[[Any, float], None], behind: Callable[..., None]
) -> None:
    landed(city.person_press(), 30)
    told = json.loads(text("/register/register.json"))["flights"]
    assert told["listed"] == [] and list(told["personal_by_month"].values()) == ["< 5"]


def test_a_flight_for_a_street_button_that_a_person_joined_is_only_counted(
    city: City, landed: Callable[[Any, float], None], behind: Callable[..., None]
) -> None:
    incident = city.press("b-1")
    landed(incident, 30)
    city.person_press()
    personal = city.sql("SELECT id FROM signal WHERE device_id = 'p-1'")[0][0]
    city.sql(
        "INSERT INTO incident_signal (incident_id, signal_id, score, reason, attached_by, attached_at)"
        " VALUES (%s, %s, 1, 'x', 'x', now())",
        incident,
        personal,
    )
    assert json.loads(text("/register/register.json"))["flights"]["listed"] == []


def test_a_flight_for_a_street_button_is_only_counted_once_a_persons_call_was_merged_with_it(
    city: City, landed: Callable[[Any, float], None]
) -> None:
    street, person = city.press("b-1"), city.person_press()
    merged = incidents.merge(store(), person, street, city.person("operator"), datetime.now(UTC))
    assert not isinstance(merged, Refusal), merged
    landed(street, 30)
    flights = json.loads(text("/register/register.json"))["flights"]
    assert flights["listed"] == [] and list(flights["personal_by_month"].values()) == ["< 5"]


def test_nothing_about_a_person_is_on_any_page(
    trial: Authorisation, city: City, landed: Callable[[Any, float], None], behind: Callable[..., None]
) -> None:
    """Who holds a button, who pressed, answered, flew, opened, granted: no name, number or place of theirs."""
    incident = city.person_press(lon=2.35317, lat=48.85713)
    landed(incident, 30)
    landed(city.press("b-1"), 30)
    behind(
        "INSERT INTO breakglass (id, scope, readers, stream, incident_id, reason, asked_by, asked_role, asked_at,"
        " confirmed_by, confirmed_role, confirmed_at, ends_at, uses, review, version, last_seq)"
        " VALUES (gen_random_uuid(), 'holder', 'responder', '', %s, 'secret words', 1, 'lead', now(), 2,"
        " 'duty_officer', now(), now() + interval '30 minutes', 1, '', 1, 1)",
        incident,
    )
    names = [user.display_name for user in city.users.values()] + ["Ada Example", "Vienne", "secret words", "user:"]
    forbidden = [*names, "p-1", "2.3531", "48.8571", str(incident)]
    for address in (*ADDRESSES, f"/register/papers/{trial.id}.json"):
        said = text(address)
        assert [word for word in forbidden if word in said] == [], address
    assert "Room leads, Duty officers" in text("/register/break-glass/")


def test_refusals_are_counted_by_rule_and_go_on_from_where_they_were(city: City) -> None:
    assert "Nothing was refused" in text("/register/refusals/")
    city.press("b-1")
    refused = city.sql(
        "SELECT count(*) FROM ledger_event WHERE kind = 'DroneStatusChanged' AND payload->>'status' = 'refused'"
    )[0][0]
    rules = json.loads(text("/register/register.json"))["refusals"]["rules"]
    assert sum(sum(weeks) for weeks in rules.values()) == refused


def test_the_feed_tells_what_changed(trial: Authorisation) -> None:
    feed = ET.fromstring(text("/register/changes.atom?language=en"))
    titles = [
        entry.findtext("{http://www.w3.org/2005/Atom}title")
        for entry in feed.iter("{http://www.w3.org/2005/Atom}entry")
    ]
    assert "A trial of counting: Signed and granted" in titles


def test_the_first_page_is_small_enough_for_an_old_phone(trial: Authorisation) -> None:
    said = text("/register/", "fr")
    start, end = said.index("<figure"), said.index("</figure>")
    assert len(gzip.compress((said[:start] + said[end:]).encode())) < 14 * 1024


def test_filters_keep_what_is_asked_and_shrug_at_nonsense(trial: Authorisation) -> None:
    assert STREAM in text("/register/?district=Centre&technology=sensor")
    said = text("/register/?technology=drone")
    assert "D-1" in said and f'href="{PAGE}"' not in said.split('id="list"')[1]
    assert STREAM in text("/register/?district=%3Cscript%3E&technology=nonsense")


def test_the_portal_leads_here_in_both_languages(city: City) -> None:
    assert '/register/">' in text("/") and '/register/">' in text("/", "fr")


def counter(city: City) -> None:
    """Install the people counter of the trial's paper in the old town."""
    now = datetime.now(UTC)
    made = sensing.enrol(store(), streams.sensor(now, "z-1"), Person(7, "Tess"), now)
    assert isinstance(made, Sensor), made


def test_what_everybody_may_read_everybody_can(trial: Authorisation, city: City) -> None:
    counter(city)
    now, memory = datetime.now(UTC), Memory()
    for number, count in enumerate((12, 3), 1):
        at = now - timedelta(minutes=2 - number)
        assert streams.hear(store(), memory, at, streams.body(at, number, count=count))[""] == 1
    assert f'href="{PAGE}counts.csv"' in text(PAGE)
    rows = text(f"{PAGE}counts.csv").splitlines()
    assert rows[0] == "minute,zone,count" and rows[1].endswith(",z-1,12")
    assert rows[2].endswith(",z-1,<10"), "fewer than ten people are not told apart"
    assert COUNT_TOLD_LEAST == disclosure.PEOPLE_MIN
    assert city.sql("SELECT count(*) FROM ledger_event WHERE kind = 'ReadingsRead'") == [(0,)]
    authorising.revoke(store(), trial.id, "the square is being rebuilt", Person(90, "Vienne"), now)
    assert "counts.csv" not in text(PAGE) and Client().get(f"{PAGE}counts.csv").status_code == 404


def test_what_the_public_may_not_read_is_offered_to_nobody(city: City) -> None:
    counter(city)
    grant(readers=("lead",))
    now = datetime.now(UTC)
    assert streams.hear(store(), Memory(), now, streams.body(now, 1))[""] == 1
    assert "counts.csv" not in text(PAGE)
    assert Client().get(f"{PAGE}counts.csv").status_code == 404
    assert Client().get("/register/sensor:none/counts.csv").status_code == 404
    assert city.sql("SELECT count(*) FROM reading_refusal") == [(0,)], "asking for it is no refusal to publish"


def test_a_device_no_paper_ever_named_is_listed_as_off(city: City) -> None:
    counter(city)
    assert "Off: no paper ever allowed it" in text("/register/") and "Off: no paper ever allowed it" in text(PAGE)
    drawn = text("/register/").split('class="map"')[1].split("</svg>")[0]
    assert f'href="{PAGE}"' in drawn and "map__sensor--on" not in drawn, "it stands on the map too"
    assert "Device installed" in text(PAGE) and "Tess" not in text(PAGE)


def test_the_last_reading_and_what_was_refused_are_told(city: City) -> None:
    counter(city)
    grant()
    now = datetime.now(UTC)
    memory = sensing.Memory()
    assert streams.hear(store(), memory, now, streams.body(now, 1, 4321)) == {"": 1}
    refused = streams.hear(store(), memory, now, streams.body(now, 1), b'{"voice": "4321"}')
    assert sum(refused.values()) == 2 and "" not in refused
    of_sensor.count_refused(
        store(), [Refused(STREAM, rule, now.replace(second=0, microsecond=0), n) for rule, n in refused.items()], now
    )
    assert of_sensor.root_minutes(store(), now + timedelta(minutes=10)) == 1
    said = text(PAGE)
    assert "the same message came twice" in said and "Last reading:" in said and "4321" not in said
    assert "the same message came twice" in text("/register/refusals/")


def test_the_law_a_paper_rests_on_is_told_in_words_with_its_source(city: City) -> None:
    grant(law=("experiment_2021_467",))
    rule = {one.id: one for one in rules()}["experiment_2021_467"]
    assert rule.title.en in text(PAGE) and rule.url in text(PAGE)
    assert rule.title.fr in text(PAGE, "fr")


def test_a_proof_is_offered_once_the_log_has_signed_the_fact(trial: Authorisation, city: City, settings: Any) -> None:
    (granted,) = city.sql("SELECT seq FROM ledger_event WHERE kind = 'AuthorisationGranted'")[0]
    signed_log = settings.HOME / "log-tiles" / "checkpoint"
    signed_log.parent.mkdir(exist_ok=True)
    try:
        for size, offered in ((granted - 1, False), (granted, True)):
            signed_log.write_text(f"city.example/log\n{size}\nAAAA=\n\n— city.example/log BBBB\n", encoding="utf-8")
            assert (f"/log/proof/{granted}.json" in text(PAGE)) is offered
            assert f"holds {size} facts, signed" in text("/register/")
        signed_log.write_text("torn", encoding="utf-8")
        assert "/log/proof/" not in text(PAGE)
    finally:
        signed_log.unlink()


def test_how_a_paper_ends_is_announced(trial: Authorisation) -> None:
    assert "How it ends" in text(PAGE) and "not even in a backup" in text(PAGE)
    assert "Comment cela prend fin" in text(PAGE, "fr")


def test_the_end_of_a_paper_is_told_in_three_facts_as_they_come(city: City) -> None:
    counter(city)
    began = datetime.now(UTC) - timedelta(days=20)
    end, gone = began + timedelta(days=2), began + timedelta(days=5)
    grant(began, valid_until=end, retention_days=3)
    assert streams.hear(store(), sensing.Memory(), began, streams.body(began, 1)) == {"": 1}
    for at in (began, end):
        ((_, order),) = of_sensor.orders(store(), at, 10.0)
        of_sensor.told(store(), order.sensor_id, order, at)
    assert text(PAGE).count("not on record yet") == 1, (
        "the gate is shut and the device told; no fact says the first yet"
    )
    for at, to_come in ((end, 1), (gone + timedelta(minutes=5), 0)):
        of_sensor.erase(store(), at)
        said = text(PAGE)
        assert said.count(">to come<") == to_come and "not on record yet" not in said
    steps = city.sql(
        "SELECT kind, seq FROM ledger_event WHERE kind IN ('StreamClosed', 'StreamStopped', 'ReadingKeysDestroyed')"
    )
    ending = said.partition("How it ends")[2].partition("</ol>")[0]
    assert len(steps) == 3 and all(f"fact {seq}<" in ending for _, seq in steps)


def test_a_paper_that_ended_with_its_trial_says_so_in_words_and_somebody_s_reason_stays_theirs() -> None:
    for why in get_args(Why):
        assert "trial_" not in words.why_revoked(f"trial_{why}"), why
    assert words.why_revoked("The prefect wants it.") == "The prefect wants it."
