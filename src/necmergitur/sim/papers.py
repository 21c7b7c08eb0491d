"""Papers of a simulation: an invented assessment behind each flight authorisation, and no law to ask.

What makes one up says so in its title. A city's own never pass here.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from necmergitur.dispatch.incidents import Person
from necmergitur.governance.assessments import DRONE_CAMERA, EVERYWHERE, Assessment, Covers, Foundation
from necmergitur.governance.authorisations import Authorisation
from necmergitur.governance.constants import REVIEW_DAYS_MAX
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing, authorising
from necmergitur.operations.trust import TrustStore

BY = Person(0, "Simulation")
_NAMES = UUID("7c0f6f0e-6a1c-4a36-8f2a-0d3b4a0c9a55")


def assessment_of(asked: Authorisation, now: datetime) -> Assessment:
    """Return an invented assessment that covers exactly what a flight authorisation asks for."""
    return Assessment(
        id=uuid5(_NAMES, str(asked.id)),
        version=1,
        digest="0" * 64,
        title=f"{asked.label} (simulated)",
        covers=Covers(
            streams=("drone_cameras",),
            modality=DRONE_CAMERA,
            payload_schema="picture/1",
            purpose=asked.purpose,
            zones=(EVERYWHERE,) if asked.zones is None else asked.zones,
            rate_per_minute=1,
            retention_days=0,
        ),
        opinion="Nobody is seen in a simulation.",
        signed_by="system:simulation",
        signed_at=now,
        review_by=now + timedelta(days=REVIEW_DAYS_MAX),
    )


def on(assessment: Assessment, *law: str) -> Foundation:
    """Return what rests on an assessment as it stands."""
    return Foundation(
        assessment_id=assessment.id,
        assessment_version=assessment.version,
        assessment_digest=assessment.digest,
        law=law,
    )


def authorise(store: TrustStore, asked: Authorisation, now: datetime) -> Authorisation | Refusal:
    """Sign an invented assessment and enter the flight authorisation that rests on it."""
    signed = assessing.sign(store, assessment_of(asked, now), BY, now)
    if isinstance(signed, Refusal):
        return signed
    return authorising.grant(store, msgspec.structs.replace(asked, rests_on=on(signed)), now, rules=())
