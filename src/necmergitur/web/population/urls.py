"""Addresses of the population's pages. The live process answers some of them before they come here."""

from django.urls import path, re_path

from necmergitur.operations.population.following import Why
from necmergitur.web.population import mine, portal, safe, status, tell

app_name = "population"
DRILL = r"^(?P<drill>drill/)?"
urlpatterns = [
    path("easy/", portal.easy, name="easy"),
    path("offline/", portal.offline, name="offline"),
    path("manifest.webmanifest", portal.manifest, name="manifest"),
    path("sw.js", portal.worker, name="worker"),
    path("status/", status.page, name="status"),
    path("status.json", status.as_json, name="json"),
    path("status.atom", status.feed, name="feed"),
    re_path(DRILL + r"safe/?$", safe.safe, name="safe"),
    re_path(DRILL + r"safe/s/(?P<text>[^/]{1,64})/tell$", tell.tell, {"why": Why.CHANGES}, name="tell_changes"),
    re_path(DRILL + r"safe/(?P<text>[^/]{1,64})/tell$", tell.tell, {"why": Why.QUESTIONS}, name="tell_questions"),
    re_path(DRILL + r"safe/s/(?P<text>[^/]{1,64})/?$", mine.shared, name="shared"),
    re_path(DRILL + r"safe/(?P<text>[^/]{1,64})/?$", mine.receipt, name="receipt"),
]
