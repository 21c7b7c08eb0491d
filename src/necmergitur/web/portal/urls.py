"""Addresses of the public pages."""

from django.urls import path

from necmergitur.web.population import portal
from necmergitur.web.portal import demo, views

app_name = "portal"
urlpatterns = [
    path("", portal.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
    path("demo/messages/", demo.messages, name="demo_messages"),
]
