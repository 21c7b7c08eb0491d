"""The trust desk: an activity, its assessment, its signature; what is missing blocks it; what went stale comes first."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from necmergitur.governance import pia
from necmergitur.governance.assessments import Observed
from necmergitur.governance.sensors import Sensor
from necmergitur.operations import assessing, sensing
from necmergitur.operations.picturing import CAMERAS
from necmergitur.web.store import store
from necmergitur.web.trust import devices
from necmergitur.web.trust.signing_views import observed
from tests.web.pages import City
from tests.web.trust.writing import STREAM, Desk


def in_force(desk: Desk, pk: UUID) -> Any:
    with store().transaction() as tx:
        return tx.assessment(pk)


def test_an_officer_takes_a_sensor_from_nothing_to_an_assessment_in_force(desk: Desk) -> None:
    pk = desk.filled(desk.begun())
    assert "Sign: put it in force" in desk.page(pk)
    desk.signed(pk)
    standing = in_force(desk, pk)
    assert standing.covers.streams == (STREAM,)
    assert (standing.covers.zones, standing.covers.rate_per_minute, standing.covers.retention_days) == (("z-1",), 1, 30)
    text = desk.client.get(f"/trust/assessments/{pk}/v1.json").content
    assert hashlib.sha256(text).hexdigest() == standing.digest, "anybody can check what was signed"
    assert standing.digest in desk.page(pk)


def test_what_the_activity_and_the_reading_say_is_filled_in(desk: Desk) -> None:
    pk = desk.begun()
    page = desk.page(pk, "write/principles/")
    assert "count, minute" in page and "30 days" in page
    assert "City of Testville" in desk.page(pk, "write/context/")


@pytest.mark.parametrize(
    ("part", "said", "why"),
    [
        ("context", {"a-111": ""}, "no answer"),
        ("context", {"e-1.1-status": "0"}, "not judged yet"),
        ("principles", {"e-2.1.213-status": "1"}, "not acceptable"),
        ("principles", {"e-2.1.213-status": "2"}, "can be improved"),
        ("risks", {"e-3.2-severity": "3", "e-3.2-likelihood": "3"}, "CNIL must be consulted first"),
        ("risks", {"m-1-remove": "1"}, "No measure protects people"),
        ("validation", {"opinion": ""}, "opinion is missing"),
        ("validation", {"favourable": "no"}, "unfavourable"),
        ("validation", {"review_by": "2050-01-01"}, "within three years"),
        ("validation", {"people_not_searched": ""}, "why the people concerned were not asked"),
        ("facts", {"fact-rate_per_minute": "0"}, "This fact is missing"),
        ("facts", {"fact-modality": "sound"}, "Forbidden"),
    ],
)
def test_a_gap_blocks_the_signature_and_is_said_in_plain_words(
    desk: Desk, part: str, said: dict[str, str], why: str
) -> None:
    pk = desk.filled(desk.begun())
    desk.write(pk, part, **said)
    page = desk.page(pk)
    assert why in page
    assert "Sign: put it in force" not in page
    assert desk.client.post(f"/trust/assessments/{pk}/sign/").status_code >= 400
    assert in_force(desk, pk) is None


def test_a_refusal_needs_its_reason_and_keeps_it(desk: Desk) -> None:
    pk = desk.filled(desk.begun())
    assert desk.client.post(f"/trust/assessments/{pk}/refuse/", {"reason": " "}).status_code == 422
    assert desk.client.post(f"/trust/assessments/{pk}/refuse/", {"reason": "too little measured"}).status_code == 302
    assert "too little measured" in desk.page(pk)
    assert desk.client.post(f"/trust/assessments/{pk}/sign/").status_code == 409
    assert desk.client.post(f"/trust/assessments/{pk}/again/").status_code == 302
    assert "version 2" in desk.page(pk)


def test_a_signed_version_changes_no_more(desk: Desk) -> None:
    pk = desk.signed(desk.filled(desk.begun()))
    answer = desk.client.post(f"/trust/assessments/{pk}/write/context/", {"a-111": "something else"})
    assert answer.status_code == 409
    assert "something else" not in desk.page(pk)


def test_a_device_that_changed_is_first_on_the_desk_with_what_differs(desk: Desk) -> None:
    pk = desk.signed(desk.filled(desk.begun()))
    seen = Observed(stream=STREAM, payload_schema="crowd_count/1", zone_id="z-1", rate_per_minute=10, firmware="")
    assert assessing.report(store(), seen, datetime.now(UTC))
    home = desk.client.get("/trust/").content.decode()
    assert "The device now sends 10 readings a minute; the assessment was of 1." in home
    assert "Assess the change" in home
    assert desk.client.post(f"/trust/assessments/{pk}/again/").status_code == 302
    page = desk.page(pk, "write/facts/")
    assert 'name="fact-rate_per_minute" type="number" min="0" value="10"' in page
    assert "not judged yet" in desk.page(pk), "what rested on the old facts is judged again"
    desk.filled(pk)
    desk.write(pk, "facts", **{"fact-rate_per_minute": "10"})
    desk.write(pk, "risks", **{"m-2-remove": "1"})
    desk.signed(pk)
    assert in_force(desk, pk).version == 2 and in_force(desk, pk).stale_at is None
    differences = desk.page(pk, "compare/")
    assert "Readings a minute" in differences


def test_sections_save_by_themselves_and_one_does_not_undo_another(desk: Desk) -> None:
    pk = desk.begun()
    where = f"/trust/assessments/{pk}/write/context/"
    for said in ({"a-111": "first"}, {"a-112": "second"}):
        answer = desk.client.post(where, said, headers={"Accept": "application/json"})
        assert answer.json()["ok"] is True
    page = desk.page(pk, "write/context/")
    assert "first" in page and "second" in page


def test_a_file_of_cnils_software_comes_in_and_leaves_whole(desk: Desk) -> None:
    made = json.loads(desk.client.get(f"/trust/assessments/{desk.filled(desk.begun())}/v1.pia.json").content)
    made["pia"]["structure_name"] = "kept as it came"
    made["unknown"] = {"of": ["us"]}
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = SimpleUploadedFile("pia.json", json.dumps(made).encode())
    answer = desk.client.post("/trust/assessments/bring/", {"file": sent})
    pk = UUID(answer.headers["Location"].split("/")[3])
    assert json.loads(desk.client.get(f"/trust/assessments/{pk}/v1.pia.json").content) == made
    wrong = SimpleUploadedFile("pia.json", b"[]")
    assert desk.client.post("/trust/assessments/bring/", {"file": wrong}).status_code == 409


def test_only_the_officer_writes_and_a_lead_may_read(desk: Desk, city: City) -> None:
    pk = desk.filled(desk.begun())
    pages = ("", "law/", "processing/", "assessments/", f"assessments/{pk}/", "breaches/", "processors/")
    for page in pages:
        assert city.client("lead").get(f"/trust/{page}").status_code == 200
        for role in ("operator", "pilot", "technician", "responder", "administrator"):
            assert city.client(role).get(f"/trust/{page}").status_code == 403
    for post in (f"assessments/{pk}/sign/", f"assessments/{pk}/write/facts/", "processing/new/", "breaches/new/"):
        assert city.client("lead").post(f"/trust/{post}").status_code == 403


def test_every_part_of_the_method_has_its_words() -> None:
    from necmergitur.web.trust import words

    for refs in pia.ITEMS.values():
        for ref in refs:
            assert words.place(ref) != ref
    for ref in pia.EVALUATED:
        assert words.place(f"evaluation.{ref}") != ref


COUNTER = Sensor(
    id="c-0001", label="The square", modality="crowd_count", payload_schema="crowd_count/1", zone_id="z-1",
    lon=2.351, lat=48.856, rate_per_minute=1, firmware="1.0", certificate_subject=None, installed_at=datetime.now(UTC),
)  # fmt: skip


def test_a_declared_sensor_says_itself_what_is_assessed_and_what_changed(desk: Desk, city: City) -> None:
    by = city.person("technician")
    assert sensing.enrol(store(), COUNTER, by, datetime.now(UTC))
    pk = desk.begun()
    page = desk.page(pk)
    assert "crowd_count/1" in page and "Old Town (z-1)" in page and "1.0" in page
    desk.signed(desk.filled(pk))
    heard = Observed(stream=STREAM, payload_schema="crowd_count/1", zone_id="z-1", rate_per_minute=10, firmware="1.0")
    assert assessing.report(store(), heard, datetime.now(UTC)), "it speaks more often than it says"
    assert desk.client.post(f"/trust/assessments/{pk}/again/").status_code == 302
    page = desk.page(pk, "write/facts/")
    assert 'name="fact-rate_per_minute" type="number" min="0" value="10"' in page


def test_an_assessment_of_the_drones_cameras_begins_with_what_they_run_and_follows_a_change(
    desk: Desk, city: City
) -> None:
    old, new = "1.15.0+Maker-One-1.0.0", "1.16.0+Maker-One-1.0.0"
    drone = city.sql("SELECT id FROM drone ORDER BY id LIMIT 1")[0][0]
    put = "INSERT INTO drone_state (drone_id, at, phase, linked, software) VALUES (%s, now(), 'docked', true, %s)"
    city.sql(f"{put} RETURNING 1", drone, old)
    facts = devices.facts_of(CAMERAS)
    assert facts is not None and facts.firmware == old
    page = desk.page(desk.begun(CAMERAS), "write/facts/")
    assert f'name="fact-firmware" maxlength="400" value="{old}"' in page
    city.sql("UPDATE drone_state SET software = %s RETURNING 1", new)
    assert observed(facts, f"drift_firmware assessed={old} now={new}").firmware == new
    assert observed(msgspec.structs.replace(facts, firmware=""), "").firmware == "", "none was named, so any is covered"
    city.sql("UPDATE drone_state SET software = '' RETURNING 1")
    assert observed(facts, f"drift_firmware assessed={old} now={new}").firmware == f"{old},{new}"
