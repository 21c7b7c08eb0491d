"""Addresses of open data."""

from django.urls import path, register_converter

from necmergitur.web.opendata import views

register_converter(views.Month, "month")
app_name = "opendata"
urlpatterns = [
    path("", views.index, name="index"),
    path("catalog.<str:form>", views.catalogue, name="catalogue"),
    path("publish/", views.publish, name="publish"),
    path("<slug:slug>/<month:month>.csv", views.release, name="release"),
]
