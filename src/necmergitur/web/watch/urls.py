"""Addresses of the watch, below the programme's."""

from django.urls import path

from necmergitur.web.watch import desk, sources

app_name = "watch"
urlpatterns = [
    path("desk/watch/", desk.home, name="desk"),
    path("desk/watch/needs/NM-<int:number>/", desk.news, name="news"),
    path("desk/watch/needs/NM-<int:number>/<uuid:pk>/judge/", desk.judge, name="judge"),
    path("desk/watch/needs/NM-<int:number>/<uuid:pk>/lead/", desk.lead, name="lead"),
    path("desk/watch/needs/NM-<int:number>/<uuid:pk>/aside/", desk.aside, name="aside"),
    path("desk/watch/needs/NM-<int:number>/<uuid:pk>/back/", desk.back, name="back"),
    path("desk/watch/precision/", desk.precision, name="precision"),
    path("desk/watch/judgements.tsv", desk.judgements, name="judgements"),
    path("desk/watch/sources/", sources.all_sources, name="sources"),
    path("desk/watch/sources/<uuid:pk>/", sources.source, name="source"),
    path("desk/watch/sources/<uuid:pk>/act/", sources.act, name="act"),
]
