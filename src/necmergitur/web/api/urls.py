"""Mounts /api/v1/."""

from django.urls import path

from necmergitur.web.api.endpoints import api

urlpatterns = [path("", api.urls)]
