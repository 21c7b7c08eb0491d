"""Addresses of the personal button's page."""

from django.urls import path

from necmergitur.web.press import invitations, views

app_name = "press"
urlpatterns = [
    path("", views.press, name="press"),
    path("ring/", views.press, name="ring"),
    path("rights/", views.own_rights, name="rights"),
    path("invite/", invitations.invite, name="invite"),
    path("enrol/<str:token>/", views.enrol, name="enrol"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.worker, name="worker"),
]
