"""Addresses of the administrator's page of partners, under the control room."""

from django.urls import path

from necmergitur.web.api.partners import views as pages

app_name = "partners"
urlpatterns = [
    path("", pages.partners, name="partners"),
    path("tokens/new/", pages.make_token, name="make_token"),
    path("tokens/<int:pk>/revoke/", pages.revoke_token, name="revoke_token"),
    path("webhooks/new/", pages.make_webhook, name="make_webhook"),
    path("webhooks/<int:pk>/try/", pages.change_webhook, {"what": "try"}, name="try_webhook"),
    path("webhooks/<int:pk>/off/", pages.change_webhook, {"what": "off"}, name="stop_webhook"),
    path("webhooks/<int:pk>/renew/", pages.change_webhook, {"what": "renew"}, name="renew_webhook"),
    path("webhooks/<int:pk>/drop/", pages.change_webhook, {"what": "drop"}, name="drop_webhook"),
]
