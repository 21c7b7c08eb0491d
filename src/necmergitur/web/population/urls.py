"""Addresses of the population's pages. The live process answers some of them before they come here."""

from django.urls import re_path

from necmergitur.web.population import mine, safe

app_name = "population"
DRILL = r"^(?P<drill>drill/)?"
urlpatterns = [
    re_path(DRILL + r"safe/?$", safe.safe, name="safe"),
    re_path(DRILL + r"safe/s/(?P<text>[^/]{1,64})/?$", mine.shared, name="shared"),
    re_path(DRILL + r"safe/(?P<text>[^/]{1,64})/?$", mine.receipt, name="receipt"),
]
