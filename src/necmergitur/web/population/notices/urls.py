"""Addresses of the city's notices in the control room."""

from django.urls import path

from necmergitur.web.population.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:pk>/approve/", views.approve, name="approve"),
    path("<int:pk>/end/", views.end, name="end"),
]
