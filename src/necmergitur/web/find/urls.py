"""Addresses of the search for people, of a crisis and of a drill. `feeds/` and `api/` are Person Finder's."""

from django.urls import re_path

from necmergitur.operations.population.following import Why
from necmergitur.web.find import appeals, asking, declaring, exchange, views
from necmergitur.web.population import tell

app_name = "find"
AT = r"^(?P<drill>drill/)?find/"
LINK = r"(?P<text>[A-Za-z0-9_-]{22})/$"
urlpatterns = [
    re_path(AT + "$", views.start, name="start"),
    re_path(AT + "declare/$", declaring.declare, name="declare"),
    re_path(AT + "follow/" + LINK, declaring.follow, name="follow"),
    re_path(AT + "follow/(?P<text>[A-Za-z0-9_-]{22})/(?P<step>note|picture|list|erase)/$", declaring.act, name="act"),
    re_path(AT + "(?:asked|follow)/(?P<text>[A-Za-z0-9_-]{22})/tell$", tell.tell, {"why": Why.ANSWERS}, name="tell"),
    re_path(AT + "ask/$", asking.ask, name="ask"),
    re_path(AT + "asked/" + LINK, asking.asked, name="asked"),
    re_path(AT + r"answer/(?P<text>[A-Za-z0-9_-]{64})/$", asking.answer, name="answer"),
    re_path(AT + "nobody/" + LINK, asking.nobody, name="nobody"),
    re_path(AT + r"confirm/(?P<text>[A-Za-z0-9_-]{43})/$", asking.confirm, name="confirm"),
    re_path(AT + "appeals/$", appeals.index, name="appeals"),
    re_path(AT + "appeals/" + LINK, appeals.one, name="appeal"),
    re_path(AT + r"appeals/(?P<text>[A-Za-z0-9_-]{22})/picture\.jpg$", appeals.picture, name="picture"),
    re_path(AT + "feeds/person$", exchange.person_feed, name="feed_person"),
    re_path(AT + "feeds/note$", exchange.note_feed, name="feed_note"),
    re_path(AT + "api/read$", exchange.read, name="api_read"),
    re_path(AT + "api/write$", exchange.write, name="api_write"),
    re_path(AT + "api/search$", exchange.search, name="api_search"),
]
