"""Addresses of the responder's page."""

from django.urls import path

from necmergitur.web.field import views

app_name = "field"
urlpatterns = [
    path("", views.listing, name="list"),
    path("incidents/<uuid:pk>/", views.incident, name="incident"),
    path("incidents/<uuid:pk>/act/", views.act, name="act"),
    path("actions/", views.actions, name="actions"),
    path("csrf.json", views.csrf, name="csrf"),
    path("sw.js", views.worker, name="worker"),
]
