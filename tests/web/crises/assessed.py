"""An assessment of a crisis's services, in force: nothing opens without one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from necmergitur.governance.assessments import Assessment, Covers
from necmergitur.operations import assessing
from necmergitur.sim import papers
from necmergitur.web.store import store


def sign() -> None:
    """Sign it."""
    now = datetime.now(UTC)
    covers = Covers(
        streams=("population",),
        modality="population",
        payload_schema="people/1",
        purpose="emergency_response",
        zones=("*",),
        rate_per_minute=1,
        retention_days=30,
    )
    asked = Assessment(
        id=UUID(int=72),
        version=1,
        digest="c" * 64,
        title="Standing by the population",
        covers=covers,
        opinion="Favourable.",
        signed_by="user:90",
        signed_at=now,
        review_by=now + timedelta(days=300),
    )
    assert isinstance(assessing.sign(store(), asked, papers.BY, now), Assessment)
