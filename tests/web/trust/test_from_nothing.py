"""An officer starts from nothing, through forms alone: assessment, dialogue, three signatures, a stream; then a drift."""

import html
import re
from datetime import UTC, datetime
from typing import Any

from necmergitur.governance.assessments import Observed
from necmergitur.operations import assessing
from necmergitur.web.store import store
from tests.web.pages import City
from tests.web.trust.test_signing import HERE, ROLES, enrolled, gate_opens, hold_dialogue, sign
from tests.web.trust.writing import STREAM, Desk


def as_offered(page: str) -> dict[str, Any]:
    """Return what a form would send if nothing of it were touched."""
    said: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") == "checkbox":
            if " checked" in tag:
                said.setdefault(found["name"], []).append(found.get("value", "on"))
        elif "name" in found and found.get("type") != "hidden":
            said[found["name"]] = html.unescape(found.get("value", ""))
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        said[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return said


def test_from_an_assessment_written_in_forms_to_a_running_stream_that_a_changed_rate_stops(city: City) -> None:
    desk = Desk(city)
    first = desk.client.get(HERE).content.decode()
    assert "Nothing waits." in first and "<details open><summary>From nothing to a sensor that runs" in first
    pk = desk.filled(desk.begun())
    hold_dialogue(city, "assessment", pk)
    desk.signed(pk)
    keys = {role: enrolled(city, role) for role in ROLES}
    offered = as_offered(desk.client.get(f"{HERE}terms/draft/{pk}/").content.decode())
    written = {
        "legal_basis": "GDPR article 6(1)(e)",
        "object": "Does a count help to open a second exit in time?",
        "company": "Counters Ltd",
        "evaluation": "Compare with two evenings counted by hand.",
        "metrics": "mean absolute error",
    }
    answer = desk.client.post(f"{HERE}terms/draft/{pk}/", offered | written)
    assert answer.status_code == 302, re.findall(r'field__error"[^>]*>([^<]+)', answer.content.decode())
    proposal = answer.headers["Location"].split("/")[-2]
    waits = desk.client.get(HERE).content.decode()
    assert "Terms that nobody has signed to the end" in waits and f"/trust/terms/{proposal}/" in waits
    assert "<details><summary>From nothing" in waits
    assert [sign(proposal, role, keys[role]) for role in ROLES] == ["", "", ""]  # type: ignore[arg-type]
    assert gate_opens()
    assert "Terms that nobody has signed" not in desk.client.get(HERE).content.decode()
    page = desk.client.get(f"{HERE}assessments/{pk}/").content.decode()
    assert "Withdraw what was signed" in page
    where = f"{HERE}assessments/{pk}/withdraw/"
    for said, told in (({"sure": "yes"}, "Say why."), ({"reason": "A mistake."}, "Tick the box")):
        answer = desk.client.post(where, said)
        assert answer.status_code in {409, 422} and told in answer.content.decode()
    assert city.client("lead").post(where, {"reason": "A mistake.", "sure": "yes"}).status_code == 403
    assert gate_opens(), "nothing was withdrawn yet"
    faster = Observed(stream=STREAM, payload_schema="crowd_count/1", zone_id="z-1", rate_per_minute=10, firmware="")
    assert len(assessing.report(store(), faster, datetime.now(UTC))) == 1
    assert not gate_opens()
    assert "Suspended since" in city.client("dpo").get(f"{HERE}papers/{proposal}/").content.decode()
