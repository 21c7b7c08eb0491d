"""What the programme of a demonstration shares from its first minute: things to book, a document, an event."""

from datetime import datetime, time, timedelta

from django.db import transaction

from necmergitur.innovation import booking
from necmergitur.sim.tour import story
from necmergitur.web.accounts.models import User
from necmergitur.web.commons import bookings, papers
from necmergitur.web.commons.models import Asker, Document, Happening, Kind, Readers, Thing
from necmergitur.web.store import store

# Name in French and in English, place, people at most, whether it may be kept overnight.
THINGS = (
    ("Grande salle", "Large room", "Hôtel de ville", 80, False),
    ("Cage d'essai des drones", "Drones' test cage", "Halle des essais", 12, False),
    ("Lidar sur trépied", "Lidar on a tripod", "Halle des essais", None, True),
    ("Écran de projection", "Projection screen", "Hôtel de ville", None, True),
)
WORKDAYS = [0, 1, 2, 3, 4]
RULES = """Règles de prêt (invention d'une démonstration)

Chacun rend ce qu'il a emprunté comme il l'a trouvé, et dit ce qui s'est cassé.

Rules of lending (invented for a demonstration)

Everybody gives back what they borrowed as they found it, and says what broke.
"""


@transaction.atomic
def put_commons(by: User, now: datetime) -> None:
    """Make them once."""
    if Thing.objects.exists():
        return
    for french, english, place, people, overnight in THINGS:
        thing = Thing.objects.create(
            name_fr=french + story.MARK,
            name_en=english + story.MARK_EN,
            place=place,
            capacity=people,
            opens=time(9),
            closes=time(18),
            days=WORKDAYS,
            overnight=overnight,
            askers=Asker.values,
        )
        put_booking(thing, now)
    document = Document.objects.create(
        id=store().ids.new(),
        title_fr="Règles de prêt" + story.MARK,
        title_en="Rules of lending" + story.MARK_EN,
        readers=Readers.PUBLIC,
    )
    papers.add(document, RULES.encode(), "", by, now)
    begins = booking.instant((now + timedelta(days=21)).date(), time(9), bookings.zone()) or now + timedelta(days=21)
    Happening.objects.create(
        id=store().ids.new(),
        kind=Kind.DEMO,
        title_fr="Journée de démonstration" + story.MARK,
        title_en="Demo day" + story.MARK_EN,
        place="Hôtel de ville",
        begins=begins,
        ends=begins + timedelta(hours=8),
        changed_at=now,
    )


def put_booking(thing: Thing, now: datetime) -> None:
    """Let the desk have it for two hours, as soon as it is free."""
    for begins, ends in bookings.free_next(thing, now, now + timedelta(hours=2), now)[:1]:
        bookings.ask(thing, begins, ends, "Une visite inventée", None, now)
