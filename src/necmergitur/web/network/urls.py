"""Addresses of the partner network."""

from django.urls import path

from necmergitur.web.network import desk, views

app_name = "network"
urlpatterns = [
    path("partners/", views.partners, name="partners"),
    path("partners/mine/<str:token>/", views.mine, name="mine"),
    path("partners/mine/<str:token>/act/", views.act, name="my-act"),
    path("partners/mine/<str:token>/sites/<int:pk>/", views.my_site, name="my-site"),
    path("desk/partners/", desk.home, name="desk"),
    path("desk/partners/new/", desk.write, name="desk-new"),
    path("desk/partners/<uuid:pk>/", desk.one, name="desk-one"),
    path("desk/partners/<uuid:pk>/write/", desk.write, name="desk-write"),
    path("desk/partners/<uuid:pk>/do/<slug:what>/", desk.act, name="desk-act"),
]
