"""Addresses of the people desk."""

from django.urls import path

from necmergitur.web.people_desk import calls

app_name = "people_desk"
urlpatterns = [
    path("calls/<uuid:pk>/<slug:device>/", calls.words, name="call"),
]
