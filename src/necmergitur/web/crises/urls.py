"""Addresses of crises."""

from django.urls import path

from necmergitur.web.crises import views

app_name = "crises"
urlpatterns = [
    path("", views.home, name="home"),
    path("ask/", views.ask, name="ask"),
    path("<uuid:pk>/", views.crisis, name="crisis"),
    path("<uuid:pk>/counts.json", views.counts, name="counts"),
    path("<uuid:pk>/confirm/", views.confirm, name="confirm"),
    path("<uuid:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:pk>/close/", views.close, name="close"),
]
