"""Addresses of the people desk."""

from django.urls import path

from necmergitur.web.people_desk import abuse, calls, lists, overseeing, queues, searching, tending

app_name = "people_desk"
urlpatterns = [
    path("", searching.home, name="home"),
    path("search/", searching.search, name="search"),
    path("record/", searching.record, name="record"),
    path("tend/", tending.tend, name="tend"),
    path("more/", searching.more, name="more"),
    path("more/<int:number>/allow/", searching.allow, name="allow"),
    path("canary/", searching.canary, name="canary"),
    path("duplicates/", queues.duplicates, name="duplicates"),
    path("duplicates/decide/", queues.decide_duplicate, name="decide_duplicate"),
    path("waiting/", queues.waiting, name="waiting"),
    path("waiting/decide/", queues.decide_waiting, name="decide_waiting"),
    path("liaison/", queues.liaison, name="liaison"),
    path("liaison/decide/", queues.decide_liaison, name="decide_liaison"),
    path("abuse/", abuse.home, name="abuse"),
    path("abuse/act/", abuse.act, name="abuse_act"),
    path("abuse/report/<str:match>/", abuse.report, name="report"),
    path("abuse/asker/<str:contact>/", abuse.asker, name="asker"),
    path("list/", lists.form, name="list"),
    path("list/sheet.csv", lists.sheet, name="sheet"),
    path("list/take/", lists.take, name="take"),
    path("looks/", overseeing.looks, name="looks"),
    path("looks/<int:agent>/", overseeing.reasons, name="reasons"),
    path("calls/<uuid:pk>/<slug:device>/", calls.words, name="call"),
]
