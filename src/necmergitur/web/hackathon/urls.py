"""Addresses of hackathons."""

from django.urls import path

from necmergitur.web.hackathon import desk, desk_jury, desk_people, jurors, mine, papers, sandbox, views

app_name = "hackathon"
urlpatterns = [
    path("", views.index, name="index"),
    path("desk/", desk.home, name="desk"),
    path("desk/new/", desk.new, name="new"),
    path("desk/<slug:slug>/", desk.one, name="desk-one"),
    path("desk/<slug:slug>/edit/", desk.edit, name="edit"),
    path("desk/<slug:slug>/announce/", desk.announce, name="announce"),
    path("desk/<slug:slug>/withdraw/<int:pk>/", desk.withdraw, name="withdraw"),
    path("desk/<slug:slug>/invite/", desk.invite, name="invite"),
    path("desk/<slug:slug>/disinvite/<uuid:pk>/", desk.disinvite, name="disinvite"),
    path("desk/<slug:slug>/certificates.pdf", papers.certificates, name="certificates-pdf"),
    path("desk/<slug:slug>/people/", desk_people.listed, name="people"),
    path("desk/<slug:slug>/door/<str:badge>/", desk_people.door, name="door"),
    path("desk/<slug:slug>/match/", desk_people.match, name="match"),
    path("desk/<slug:slug>/hand/", desk_people.hand, name="hand"),
    path("desk/<slug:slug>/move/<uuid:pk>/", desk_people.move, name="move"),
    path("desk/<slug:slug>/jury/", desk_jury.jury, name="desk-jury"),
    path("desk/<slug:slug>/assign/", desk_jury.assign, name="assign"),
    path("desk/<slug:slug>/award/<int:pk>/", desk_jury.award, name="award"),
    path("desk/<slug:slug>/take-back/<int:pk>/", desk_jury.take_back, name="take-back"),
    path("desk/<slug:slug>/experiment/<int:pk>/", desk_jury.experiment, name="experiment"),
    path("desk/<slug:slug>/publish/", desk_jury.publish, name="publish"),
    path("mine/<str:link>/", mine.mine, name="mine"),
    path("mine/<str:link>/certificate/", mine.certificate, name="certificate"),
    path("mine/<str:link>/certificate.pdf", papers.certificate, name="certificate-pdf"),
    path("jury/<str:link>/", jurors.home, name="jury"),
    path("jury/<str:link>/<int:pk>/", jurors.one, name="review"),
    path("mentor/<str:link>/", jurors.mentor, name="mentor"),
    path("<slug:slug>/", views.edition, name="edition"),
    path("<slug:slug>/register/", views.register, name="register"),
    path("<slug:slug>/wall/", views.wall, name="wall"),
    path("<slug:slug>/projects/", views.projects, name="projects"),
    path("<slug:slug>/city/", sandbox.city, name="city"),
    path("<slug:slug>/results/", views.results, name="results"),
    path("<slug:slug>/results.pdf", papers.results, name="results-pdf"),
]
