"""Addresses of what the programme shares."""

from django.urls import path

from necmergitur.web.commons import desk, views

app_name = "commons"
urlpatterns = [
    path("resources/", views.things, name="things"),
    path("resources/mine/<str:token>/", views.mine, name="mine"),
    path("resources/mine/<str:token>/things/<int:pk>/", views.book, name="book"),
    path("resources/mine/<str:token>/bookings/<int:pk>/", views.act, name="act"),
    path("desk/resources/", desk.home, name="desk"),
    path("desk/resources/things/new/", desk.write, name="desk-new"),
    path("desk/resources/things/<int:pk>/", desk.thing, name="desk-thing"),
    path("desk/resources/things/<int:pk>/write/", desk.write, name="desk-write"),
    path("desk/resources/things/<int:pk>/close/", desk.close, name="desk-close"),
    path("desk/resources/bookings/<int:pk>/", desk.one, name="desk-booking"),
]
