"""Addresses of experiments."""

from django.urls import path

from necmergitur.web.trials import advice, again, deploying, desk, example, papers, replaying, views

app_name = "trials"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:pk>/", views.one, name="one"),
    path("<uuid:pk>/protocol.json", views.text, name="text"),
    path("advice/", advice.panel, name="advice"),
    path("advice/<uuid:pk>/", advice.mark, name="mark"),
    path("<uuid:pk>/report.pdf", papers.pdf, {"which": "report"}, name="report-pdf"),
    path("<uuid:pk>/midterm.pdf", papers.pdf, {"which": "midterm"}, name="midterm-pdf"),
    path("deployments/<uuid:pk>/", deploying.one, name="deployment"),
    path("deployments/<uuid:pk>/move/", deploying.move, name="deployment-move"),
    path("desk/<uuid:pk>/deploy/", deploying.new, name="deploy"),
    path("desk/", desk.home, name="desk"),
    path("desk/of/<uuid:pk>/", desk.new, name="new"),
    path("desk/<uuid:pk>/", desk.one, name="desk-one"),
    path("desk/<uuid:pk>/protocol/", desk.write, name="write"),
    path("desk/<uuid:pk>/example/", example.fill, name="example"),
    path("desk/<uuid:pk>/again/", again.again, name="again"),
    path("desk/<uuid:pk>/papers/", desk.papers, name="papers"),
    path("desk/<uuid:pk>/begin/", desk.begin, name="begin"),
    path("desk/<uuid:pk>/truth/", desk.truth, name="truth"),
    path("desk/<uuid:pk>/withdraw/", desk.withdraw, name="withdraw"),
    path("desk/<uuid:pk>/complaint/", desk.complaint, name="complaint"),
    path("desk/<uuid:pk>/cost/", desk.cost, name="cost"),
    path("desk/<uuid:pk>/stop/", desk.stop, name="stop"),
    path("desk/<uuid:pk>/report/", desk.report, name="report"),
    path("desk/<uuid:pk>/replays/", replaying.all_of, name="replays"),
    path("desk/<uuid:pk>/replays/<uuid:replay_id>/", replaying.one, name="replay"),
    path("desk/<uuid:pk>/exit/", desk.leave, name="exit"),
]
