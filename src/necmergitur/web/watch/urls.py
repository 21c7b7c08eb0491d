"""Addresses of the watch, below the programme's."""

from django.urls import path

from necmergitur.web.watch import benchmarks, desk, import_views, papers, sources

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
    path("desk/watch/import/", import_views.begin, name="import"),
    path("desk/watch/import/example-<slug:kind>.csv", import_views.sample, name="sample"),
    path("desk/watch/import/<uuid:pk>/", import_views.sheet, name="sheet"),
    path("desk/watch/benchmarks/", benchmarks.all_benchmarks, name="benchmarks"),
    path("desk/watch/benchmarks/<uuid:pk>/", benchmarks.edit, name="benchmark"),
    path("desk/watch/benchmarks/<uuid:pk>/act/", benchmarks.act, name="benchmark-act"),
    path("desk/watch/benchmarks/<uuid:pk>/<int:solution>/", benchmarks.cells, name="cells"),
    path("benchmarks/", benchmarks.public_list, name="comparisons"),
    path("benchmarks/<uuid:pk>/", benchmarks.public, name="comparison"),
    path("benchmarks/<uuid:pk>/comparison.pdf", papers.pdf, name="comparison-pdf"),
]
