"""Every address of the civic web. A room not built yet has no address, so no page can link to it."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

ROOMS = (
    ("", "portal"),
    ("", "population"),
    ("", "doors"),
    ("console/doors/", "doors.desk"),
    ("account/", "accounts"),
    ("console/break-glass/", "breakglass"),
    ("console/crises/", "crises"),
    ("console/people/", "people_desk"),
    ("console/notices/", "population.notices"),
    ("console/sensors/", "sensors"),
    ("console/", "console"),
    ("console/partners/", "api.partners"),
    ("field/", "field"),
    ("press/", "press"),
    ("register/data/", "opendata"),
    ("register/", "register"),
    ("dialogue/", "dialogue"),
    ("rights/", "rights"),
    ("", "find"),
    ("trust/", "trust"),
    ("programme/", "network"),
    ("programme/", "commons"),
    ("programme/links/", "letters"),
    ("programme/hackathon/", "hackathon"),
    ("programme/trials/", "trials"),
    ("programme/", "incubation"),
    ("programme/", "programme"),
    ("programme/", "watch"),
    ("vault/", "vault"),
    ("api/v1/", "api"),
)


def _present(room: str) -> bool:
    package = f"necmergitur.web.{room}"
    return find_spec(package) is not None and find_spec(f"{package}.urls") is not None


urlpatterns: list[URLPattern | URLResolver] = [
    path(prefix, include(f"necmergitur.web.{room}.urls")) for prefix, room in ROOMS if _present(room)
]

handler400 = "necmergitur.web.portal.errors.bad_request"
handler403 = "necmergitur.web.portal.errors.forbidden"
handler404 = "necmergitur.web.portal.errors.not_found"
handler429 = "necmergitur.web.portal.errors.too_many"
handler500 = "necmergitur.web.portal.errors.broken"
