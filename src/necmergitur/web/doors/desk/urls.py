"""Addresses of the desk of open doors."""

from django.urls import path

from necmergitur.web.doors.desk import views

app_name = "doors_desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:crisis_id>/shelter/", views.shelter, name="shelter"),
    path("<uuid:crisis_id>/count/", views.count, name="count"),
    path("<uuid:crisis_id>/close/", views.close, name="close"),
    path("<uuid:crisis_id>/open/", views.reopen, name="open"),
    path("<uuid:crisis_id>/level/", views.level, name="level"),
    path("<uuid:crisis_id>/verify/", views.verify, name="verify"),
    path("<uuid:crisis_id>/case/<str:match>/", views.case, name="case"),
    path("<uuid:crisis_id>/case/<str:match>/end/", views.end_case, name="end_case"),
    path("<uuid:crisis_id>/guest/<str:reference>/", views.guest, name="guest"),
]
