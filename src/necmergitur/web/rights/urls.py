"""Addresses of persons' rights."""

from django.urls import path

from necmergitur.web.rights import desk, views

app_name = "rights"
urlpatterns = [
    path("", views.start, name="start"),
    path("follow/<str:code>/", views.follow, name="follow"),
    path("follow/<str:code>/data.json", views.data, name="data"),
    path("follow/<str:code>/data/", views.readable, name="readable"),
    path("desk/", desk.desk, name="desk"),
    path("desk/<int:pk>/", desk.one, name="one"),
    path("desk/<int:pk>/prove/", desk.prove, name="prove"),
    path("desk/<int:pk>/extend/", desk.extend, name="extend"),
    path("desk/<int:pk>/answer/", desk.answer, name="answer"),
    path("desk/<int:pk>/erase/", desk.erase, name="erase"),
]
