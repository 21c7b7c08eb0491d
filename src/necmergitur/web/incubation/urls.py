"""Addresses of the incubation."""

from django.urls import path

from necmergitur.web.incubation import desk, desk_call, desk_mentors, desk_money, desk_review, mentors, reviewers, views

app_name = "incubation"
urlpatterns = [
    path("incubation/", views.calls, name="calls"),
    path("incubation/calls/<uuid:pk>/", views.call, name="call"),
    path("incubation/mine/<str:token>/", views.mine, name="mine"),
    path("incubation/reviewer/<str:token>/", reviewers.home, name="reviewer"),
    path("incubation/reviewer/<str:token>/<int:pk>/", reviewers.review, name="review"),
    path("incubation/mentor/<str:token>/", mentors.home, name="mentor"),
    path("incubation/mine/<str:token>/hours/", mentors.hours, name="hours"),
    path("desk/incubation/", desk.home, name="desk"),
    path("desk/incubation/new/<slug:what>/", desk.write, name="desk-new"),
    path("desk/incubation/calls/<uuid:pk>/", desk.call, name="desk-call"),
    path("desk/incubation/calls/<uuid:pk>/correct/", desk_call.correct, name="call-correct"),
    path("desk/incubation/calls/<uuid:pk>/selection/", desk_review.selecting, name="selection"),
    path("desk/incubation/calls/<uuid:pk>/selection/<slug:what>/", desk_review.act, name="selection-act"),
    path("desk/incubation/calls/<uuid:pk>/mentors/", desk_mentors.listed, name="mentors"),
    path("desk/incubation/calls/<uuid:pk>/disinvite/<uuid:helper>/", desk_review.disinvite, name="disinvite"),
    path("desk/incubation/applications/<uuid:pk>/", desk.application, name="application"),
    path("desk/incubation/grants/<int:pk>/", desk_money.grant, name="grant"),
    path("desk/projects/<uuid:pk>/", desk.project, name="project"),
    path("desk/projects/<uuid:pk>/do/<slug:what>/", desk.project_act, name="project-act"),
]
