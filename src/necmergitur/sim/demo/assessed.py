"""The demonstration's impact assessments, of the drones' cameras and of a crisis's services: invented, in force.

Whole, so that nothing in it could not be signed at the trust desk; invented, which each of its answers says.
"""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec

from necmergitur.adapters.postgres.store import PostgresStore
from necmergitur.app.wiring import MACHINE
from necmergitur.governance import pia
from necmergitur.governance.assessments import Assessment
from necmergitur.governance.pia import Answer, Evaluation, Facts, Measure, Writing
from necmergitur.kernel.refusal import Refusal
from necmergitur.operations import assessing
from necmergitur.operations.ways import EMERGENCY

DRONE_LAW = "drone_decree_2023_283"
GDPR_LAW = ("gdpr_art_5_6", "gdpr_art_35")
POPULATION_TITLE = "Services à la population / Services for the population (demonstration)"
TITLE = "Caméras des drones / The drones' cameras (demonstration)"
INVENTED = "Inventé pour la démonstration. Invented for the demonstration."
REVIEWED_WITHIN = timedelta(days=365)


def writing(now: datetime) -> Writing:
    """Return the whole text about the drones' cameras."""
    from necmergitur.web.trust.devices import FLEET

    facts = msgspec.structs.replace(FLEET, purpose=EMERGENCY, retention_days=7)
    measure = "Ni son ni reconnaissance / No sound, no recognition"
    return text_about(TITLE, facts, (*GDPR_LAW, DRONE_LAW), measure, now)


def population_writing(now: datetime) -> Writing:
    """Return the whole text about the services of a crisis."""
    from necmergitur.web.trust.devices import POPULATION

    facts = msgspec.structs.replace(POPULATION, purpose=EMERGENCY)
    measure = "Clé détruite à la fin / The key destroyed at the end"
    return text_about(POPULATION_TITLE, facts, GDPR_LAW, measure, now)


def text_about(title: str, facts: Facts, law: tuple[str, ...], measured: str, now: datetime) -> Writing:
    """Return a whole invented text about what `facts` says."""
    said = {"text": Answer(text=INVENTED), "points": Answer(points=(INVENTED,)), "gauge": Answer(gauge=1)}
    measure = Measure(1, measured, INVENTED)
    judged = (*pia.EVALUATED, f"3.1.{measure.id}")
    return Writing(
        title=title,
        author="nec demo",
        facts=facts,
        law=law,
        answers={ref: said[pia.kind_of(ref)] for refs in pia.ITEMS.values() for ref in refs},
        measures=(measure,),
        evaluations={ref: Evaluation(status=pia.ACCEPTABLE, severity=1, likelihood=1) for ref in judged},
        officer="nec demo",
        opinion=INVENTED,
        favourable=True,
        people_searched=False,
        people_not_searched=INVENTED,
        review_by=(now + REVIEWED_WITHIN).date(),
    )


def put_assessment(store: PostgresStore, now: datetime) -> Assessment:
    """Sign the assessment of the cameras as its next version; one that holds is taken as it is."""
    return put_signed(store, writing(now), now)


def put_population_assessment(store: PostgresStore, now: datetime) -> Assessment:
    """Sign the assessment of a crisis's services as its next version; one that holds is taken as it is."""
    return put_signed(store, population_writing(now), now)


def put_signed(store: PostgresStore, text: Writing, now: datetime) -> Assessment:
    """Sign an assessment, with the trust desk's rows."""
    from necmergitur.web.trust.keeping import kept
    from necmergitur.web.trust.models import Study, StudyStep

    last = Study.objects.filter(title=text.title).order_by("-version").first()
    pk, version = (store.ids.new(), 1) if last is None else (last.assessment_id, last.version + 1)
    held = _held(store, pk)
    if held is not None and held.holds(now):
        return held
    assert text.review_by is not None
    asked = Assessment(
        id=pk,
        version=version,
        digest=pia.digest(pk, version, text),
        title=text.title,
        covers=pia.covers(text.facts),
        opinion=text.opinion,
        signed_by="nec demo",
        signed_at=now,
        review_by=datetime.combine(text.review_by, time(), UTC),
    )
    row = Study.objects.create(
        assessment_id=pk,
        version=version,
        title=text.title,
        content=kept(text),
        state=Study.SIGNED,
        digest=asked.digest,
        signed_at=now,
        created_at=now,
        updated_at=now,
        updated_by="nec demo",
    )
    StudyStep.objects.create(study=row, at=now, by="nec demo", state=Study.SIGNED, reason=INVENTED)
    signed = assessing.sign(store, asked, MACHINE, now)
    assert not isinstance(signed, Refusal), signed
    return signed


def _held(store: PostgresStore, pk: UUID) -> Assessment | None:
    with store.transaction() as tx:
        return tx.assessment(pk)
