"""Addresses of break-glass."""

from django.urls import path

from necmergitur.web.breakglass import views

app_name = "breakglass"
urlpatterns = [
    path("", views.glasses, name="glasses"),
    path("ask/", views.ask, name="ask"),
    path("mine/", views.mine, name="mine"),
    path("<uuid:pk>/read/", views.read, name="read"),
    path("<uuid:pk>/confirm/", views.confirm, name="confirm"),
    path("<uuid:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:pk>/review/", views.review, name="review"),
]
