"""Addresses of sensors."""

from django.urls import path

from necmergitur.web.sensors import views

app_name = "sensors"
urlpatterns = [
    path("", views.sensors, name="list"),
    path("<str:sensor_id>/", views.one, name="one"),
    path("<str:sensor_id>/rate/", views.rate, name="rate"),
]
