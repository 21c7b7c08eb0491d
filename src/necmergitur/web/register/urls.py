"""Addresses of the register. A device's page is short: it is what the code on its post leads to."""

from django.urls import path, register_converter

from necmergitur.web.register import counts, crises, erased, feeds, signs, views


class Name:
    """The name of a stream or device, usually `sensor:<id>`. A paper may name anything, and no page breaks on it."""

    regex = r"[^\x00]+"

    def to_python(self, value: str) -> str:
        """Return the name."""
        return value

    def to_url(self, value: str) -> str:
        """Return the name."""
        return value


register_converter(Name, "device")

app_name = "register"
urlpatterns = [
    path("", views.home, name="home"),
    path("map/", views.whole_map, name="map"),
    path("drones/", views.drones, name="drones"),
    path("buttons/", views.buttons, name="buttons"),
    path("flights/", views.all_flights, name="flights"),
    path("refusals/", views.all_refusals, name="refusals"),
    path("break-glass/", views.glasses, name="glasses"),
    path("erased/", erased.erased, name="erased"),
    path("crises/", crises.crises, name="crises"),
    path("signs/", signs.sheet, name="signs"),
    path("register.json", feeds.whole, name="json"),
    path("changes.atom", feeds.changes, name="atom"),
    path("papers/<uuid:pk>.json", feeds.paper, name="paper"),
    path("<device:name>/counts.csv", counts.table, name="counts"),
    path("<device:name>/sign/", signs.sign, name="sign"),
    path("<device:name>/", views.device, name="device"),
]
