"""Addresses of open doors."""

from django.urls import re_path

from necmergitur.web.doors import mine, views

app_name = "doors"
DRILL = r"^(?P<drill>drill/)?"
urlpatterns = [
    re_path(DRILL + r"doors/?$", views.home, name="home"),
    re_path(DRILL + r"doors/(?P<kind>ask|offer)/$", views.wizard, name="wizard"),
    re_path(DRILL + r"doors/post/$", views.post, name="post"),
    re_path(r"^doors/(?P<page>host|guest)/(?P<link>[\w-]{1,64})/$", mine.mine, name="mine"),
]
