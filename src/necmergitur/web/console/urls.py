"""Addresses of the control room."""

from django.urls import path, register_converter

from necmergitur.web.console import (
    acting,
    authorisation_views,
    demo_views,
    device_views,
    holder_views,
    log_views,
    map_views,
    mission_views,
    pilot_views,
    shift_views,
    supervisor_views,
    views,
)


class _Word:
    """A path part that is one of a few words."""

    words: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.regex = "|".join(cls.words)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class _Action(_Word):
    words = tuple(acting.ACTIONS)


class _Decision(_Word):
    words = ("accept", "decline")


class _Order(_Word):
    words = ("accept", "decline", "hand_over", *mission_views.ORDERS)


class _Shift(_Word):
    words = ("start", "pause", "resume", "end")


class _Download(_Word):
    words = ("response", "hours")


for _converter in (_Action, _Decision, _Order, _Shift, _Download):
    register_converter(_converter, _converter.__name__.strip("_").lower())

app_name = "console"
urlpatterns = [
    path("", views.board, name="board"),
    path("map/city.json", map_views.city, name="city"),
    path("map/buttons.json", map_views.buttons, name="buttons"),
    path("demo/press/<str:device_id>/", demo_views.press, name="demo_press"),
    path("incidents/<uuid:pk>/", views.incident, name="incident"),
    path("incidents/<uuid:pk>/panel/", views.panel, name="panel"),
    path("incidents/<uuid:pk>/sheet/", views.sheet, name="sheet"),
    path("incidents/<uuid:pk>/holder/", holder_views.holder, name="holder"),
    path("incidents/<uuid:pk>/observe/", mission_views.observe, name="observe"),
    path("incidents/<uuid:pk>/still/", mission_views.file_still, name="file_still"),
    path("incidents/<uuid:pk>/<action:action>/", acting.act, name="act"),
    path("proposals/<uuid:pk>/<decision:decision>/", acting.decide, name="decide"),
    path("missions/<uuid:pk>/panel/", mission_views.panel, name="mission_panel"),
    path("missions/<uuid:pk>/still/", mission_views.take_still, name="take_still"),
    path("missions/<uuid:pk>/<order:action>/", mission_views.command, name="mission_command"),
    path("stills/<uuid:pk>/", mission_views.still, name="still"),
    path("pilot/", pilot_views.pilot, name="pilot"),
    path("pilot/desk/", pilot_views.desk, name="pilot_desk"),
    path("pilot/observe/", pilot_views.observe, name="pilot_observe"),
    path("pilot/shift/<shift:action>/", pilot_views.shift, name="shift"),
    path("shifts/", shift_views.shifts, name="shifts"),
    path("shifts/handover/", shift_views.hand_over, name="hand_over"),
    path("shifts/handover/<int:pk>/sign/", shift_views.sign, name="sign"),
    path("shifts/qualification/<int:pk>/", shift_views.qualify, name="qualify"),
    path("devices/", device_views.devices, name="devices"),
    path("devices/<str:device_id>/retire/", device_views.retire, name="retire"),
    path("fleet/", device_views.fleet, name="fleet"),
    path("fleet/<str:drone_id>/", device_views.set_drone, name="set_drone"),
    path("airspace/", device_views.airspace, name="airspace"),
    path("airspace/announce/", device_views.announce, name="announce"),
    path("airspace/<int:pk>/end/", device_views.end_notice, name="end_notice"),
    path("tests/", device_views.mass_tests, name="tests"),
    path("tests/declare/", device_views.declare_test, name="declare_test"),
    path("supervisor/", supervisor_views.supervisor, name="supervisor"),
    path("supervisor/<download:what>.csv", supervisor_views.download, name="download"),
    path("authorisations/", authorisation_views.authorisations, name="authorisations"),
    path("authorisations/new/", authorisation_views.grant, name="grant"),
    path("authorisations/<uuid:pk>/revoke/", authorisation_views.revoke, name="revoke"),
    path("log/", log_views.log, name="log"),
    path("search/", log_views.search, name="search"),
]
