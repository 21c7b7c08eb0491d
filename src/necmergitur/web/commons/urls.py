"""Addresses of what the programme shares."""

from django.urls import path

from necmergitur.web.commons import desk, views, views_calendar, views_letter, views_papers

app_name = "commons"
urlpatterns = [
    path("resources/", views.things, name="things"),
    path("resources/mine/<str:token>/", views.mine, name="mine"),
    path("resources/mine/<str:token>/things/<int:pk>/", views.book, name="book"),
    path("resources/mine/<str:token>/bookings/<int:pk>/", views.act, name="act"),
    path("resources/mine/<str:token>/documents/<uuid:pk>/", views_papers.my_document, name="my-document"),
    path("resources/mine/<str:token>/documents/<uuid:pk>/v<int:number>/", views_papers.my_download, name="my-version"),
    path("documents/", views_papers.listed, name="documents"),
    path("documents/<uuid:pk>/", views_papers.one, name="document"),
    path("documents/<uuid:pk>/v<int:number>/", views_papers.download, name="version"),
    path("letter/", views_letter.letter, name="letter"),
    path("letter/asked/", views_letter.letter_asked, name="letter-asked"),
    path("letter/<int:pk>/", views_letter.issue, name="issue"),
    path("letter/confirm/<str:token>/", views_letter.confirm, name="confirm"),
    path("letter/leave/<str:token>/", views_letter.leave, name="leave"),
    path("desk/resources/letter/", views_letter.desk, name="desk-letter"),
    path("desk/resources/letter/new/", views_letter.write, name="desk-letter-new"),
    path("desk/resources/letter/readers/", views_letter.readers, name="desk-readers"),
    path("desk/resources/letter/<int:pk>/", views_letter.desk_issue, name="desk-issue"),
    path("desk/resources/letter/<int:pk>/write/", views_letter.write, name="desk-letter-write"),
    path("desk/resources/letter/<int:pk>/act/", views_letter.act, name="desk-issue-act"),
    path("calendar/", views_calendar.calendar, name="calendar"),
    path("calendar.ics", views_calendar.feed, name="feed"),
    path("calendar/<uuid:pk>.ics", views_calendar.one, name="event"),
    path("desk/resources/documents/", views_papers.desk, name="desk-documents"),
    path("desk/resources/documents/new/", views_papers.write, name="desk-document-new"),
    path("desk/resources/documents/<uuid:pk>/", views_papers.desk_one, name="desk-document"),
    path("desk/resources/documents/<uuid:pk>/write/", views_papers.write, name="desk-document-write"),
    path("desk/resources/documents/<uuid:pk>/act/", views_papers.act, name="desk-document-act"),
    path("desk/resources/documents/<uuid:pk>/v<int:number>/", views_papers.desk_download, name="desk-version"),
    path("desk/resources/calendar/", views_calendar.desk, name="desk-calendar"),
    path("desk/resources/calendar/new/", views_calendar.write, name="desk-event-new"),
    path("desk/resources/calendar/<uuid:pk>/", views_calendar.write, name="desk-event"),
    path("desk/resources/calendar/<uuid:pk>/cancel/", views_calendar.cancel, name="desk-event-cancel"),
    path("desk/resources/", desk.home, name="desk"),
    path("desk/resources/things/new/", desk.write, name="desk-new"),
    path("desk/resources/things/<int:pk>/", desk.thing, name="desk-thing"),
    path("desk/resources/things/<int:pk>/write/", desk.write, name="desk-write"),
    path("desk/resources/things/<int:pk>/close/", desk.close, name="desk-close"),
    path("desk/resources/bookings/<int:pk>/", desk.one, name="desk-booking"),
]
