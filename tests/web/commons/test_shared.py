"""What a demonstration shares from its first minute."""

from django.utils import timezone

from necmergitur.sim.tour.shared import THINGS, put_commons
from necmergitur.web.commons.models import Booking, Happening, Thing, Version
from tests.web.commons.lending import anybody
from tests.web.pages import City


def test_a_demonstration_has_something_to_book_to_read_and_to_note_once(city: City) -> None:
    for _ in range(2):
        put_commons(city.users["analyst"], timezone.now())
    found = [model.objects.count() for model in (Thing, Booking, Version, Happening)]
    assert found == [len(THINGS), len(THINGS), 1, 1]
    assert "Drones&#x27; test cage (demonstration)" in anybody().get("/programme/resources/").content.decode()
