"""Addresses of the programme's letters."""

from django.urls import path

from necmergitur.web.letters import views

app_name = "letters"
urlpatterns = [path("", views.again, name="again")]
