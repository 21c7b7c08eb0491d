"""Addresses of the programme."""

from django.urls import path

from necmergitur.web.programme import desk, tried, views

app_name = "programme"
urlpatterns = [
    path("", views.front, name="front"),
    path("find/", views.find, name="find"),
    path("needs/new/", views.state, name="state"),
    path("needs/NM-<int:number>/", views.need, name="need"),
    path("needs/NM-<int:number>/vote/", views.vote, name="vote"),
    path("wall/", tried.wall, name="wall"),
    path("solutions/<uuid:pk>/", tried.solution, name="solution"),
    path("desk/projects/<uuid:pk>/grade/", tried.grade, name="grade"),
    path("desk/", desk.home, name="desk"),
    path("desk/needs/NM-<int:number>/", desk.need, name="desk-need"),
    path("desk/needs/NM-<int:number>/answer/", desk.answer, name="answer"),
    path("desk/needs/NM-<int:number>/confirm/", desk.confirm, name="confirm"),
    path("desk/needs/NM-<int:number>/merge/", desk.merge, name="merge"),
    path("desk/needs/NM-<int:number>/words/", desk.words_shown, name="words"),
    path("desk/needs/NM-<int:number>/split/", desk.split, name="split"),
    path("desk/needs/NM-<int:number>/leads/", desk.lead_new, name="lead-new"),
    path("desk/leads/<uuid:pk>/", desk.lead, name="lead"),
    path("desk/leads/<uuid:pk>/move/", desk.lead_move, name="lead-move"),
    path("desk/leads/<uuid:pk>/challenge/", desk.challenge_new, name="challenge-new"),
    path("desk/challenges/<uuid:pk>/", desk.challenge, name="challenge"),
]
