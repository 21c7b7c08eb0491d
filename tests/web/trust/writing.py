"""What the officer of a test writes: an activity that is lawful, an assessment with nothing missing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from necmergitur.governance import pia
from tests.web.pages import City

LAWFUL = {
    "name": "Counting people at the fair",
    "purpose": "crowd_safety",
    "objective": "Open a second exit before the square is too full.",
    "modality": "crowd_count",
    "legal_basis": "A6-1-e",
    "law": ["gdpr_art_5_6", "experiment_2021_467"],
    "controller": "City of Testville",
    "controller_contact": "townhall@test.invalid",
    "officer": "Vienne",
    "processors": "Counters Ltd",
    "recipients": "Control room",
    "people": ["passers_by"],
    "data": ["counts"],
    "retention_days": "30",
    "security_technical": "Certificates, the gate, erasure by key.",
}
STREAM = "sensor:c-0001"


class Desk:
    """The desk as its officer uses it, through forms alone."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.client = city.client("dpo")

    def activity(self, **changes: Any) -> UUID:
        answer = self.client.post("/trust/processing/new/", LAWFUL | changes)
        assert answer.status_code == 302, answer.content.decode()
        return UUID(answer.headers["Location"].split("/")[-2])

    def refused(self, **changes: Any) -> str:
        answer = self.client.post("/trust/processing/new/", LAWFUL | changes)
        assert answer.status_code == 422
        return answer.content.decode()

    def begun(self, stream: str = STREAM) -> UUID:
        answer = self.client.post(f"/trust/processing/{self.activity()}/assess/", {"stream": stream})
        assert answer.status_code == 302, answer.content.decode()
        return UUID(answer.headers["Location"].split("/")[3])

    def write(self, pk: UUID, part: str, **said: Any) -> None:
        answer = self.client.post(f"/trust/assessments/{pk}/write/{part}/", said)
        assert answer.status_code == 302, answer.content.decode()

    def filled(self, pk: UUID, **changes: Any) -> UUID:
        """Write every part of an assessment."""
        facts = {
            "fact-stream": STREAM, "fact-modality": "crowd_count", "fact-payload_schema": "crowd_count/1",
            "fact-purpose": "crowd_safety", "fact-zones-shown": "1", "fact-zones": ["z-1"],
            "fact-rate_per_minute": "1", "fact-retention_days": "30",
        }  # fmt: skip
        self.write(pk, "facts", **facts)
        answers: dict[str, Any] = {}
        for refs in pia.ITEMS.values():
            for ref in refs:
                answers[f"a-{ref}"] = "2" if pia.kind_of(ref) == "gauge" else f"What is said to {ref}"
        for ref in pia.EVALUATED:
            answers[f"e-{ref}-status"] = "3"
        for ref in pia.RISKS:
            answers |= {f"e-{ref}-severity": "2", f"e-{ref}-likelihood": "1"}
        self.write(pk, "context", **answers)
        self.write(pk, "risks", **{"m-new-title": "Counts alone", "m-new-content": "No picture ever leaves the post."})
        self.write(pk, "risks", **{"e-3.1.1-status": "2", "e-3.1.1-plan": "An audit by June, by the city."})
        review = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
        said = {
            "people_searched": "no", "people_not_searched": "A fair of one evening: they are asked there.",
            "favourable": "yes", "opinion": "Counts alone, no picture.", "review_by": review,
        }  # fmt: skip
        self.write(pk, "validation", **said | changes)
        return pk

    def page(self, pk: UUID, more: str = "") -> str:
        return self.client.get(f"/trust/assessments/{pk}/{more}").content.decode()

    def signed(self, pk: UUID) -> UUID:
        answer = self.client.post(f"/trust/assessments/{pk}/sign/")
        assert answer.status_code == 302, answer.content.decode()
        return pk
