"""Addresses of the public pages."""

from django.urls import path

from necmergitur.web.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
]
