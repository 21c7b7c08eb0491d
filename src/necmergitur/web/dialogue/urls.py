"""Addresses of the dialogue: the people's pages, and the data protection officer's desk."""

from django.urls import path

from necmergitur.web.dialogue import desk, views

app_name = "dialogue"
urlpatterns = [
    path("", views.index, name="index"),
    path("desk/", desk.index, name="desk"),
    path("desk/<uuid:pk>/", desk.conversation, name="desk_conversation"),
    path("desk/<uuid:pk>/moderate/", desk.moderate, name="moderate"),
    path("desk/<uuid:pk>/propose/", desk.propose, name="propose"),
    path("desk/<uuid:pk>/close/", desk.close, name="close"),
    path("desk/<uuid:pk>/answer/<int:statement_id>/", desk.answer, name="answer"),
    path("<uuid:pk>/", views.conversation, name="conversation"),
    path("<uuid:pk>/vote/", views.vote, name="vote"),
    path("<uuid:pk>/say/", views.say, name="say"),
    path("<uuid:pk>/mine/", views.mine, name="mine"),
    path("<uuid:pk>/forget/", views.forget, name="forget"),
    path("<uuid:pk>/results/", views.outcome, name="results"),
    path("<uuid:pk>/votes.txt", views.leaves, name="leaves"),
]
