"""Addresses of accounts. allauth's own views are named one by one: what is not here does not exist."""

from allauth.account import views as account
from allauth.socialaccount.providers.openid_connect import views as directory
from django.urls import include, path

from necmergitur.web.accounts import people, views

own = [
    path("", views.me, name="me"),
    path("start/", views.landing, name="landing"),
    path("second-factor/", views.second_factor_choice, name="second_factor"),
    path("enrol/<str:token>/", views.enrol, name="enrol"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/switch/", people.switch, name="switch"),
    path("people/<int:pk>/recovery/", people.ask_recovery, name="ask_recovery"),
    path("recovery/<int:pk>/approve/", people.approve, name="approve_recovery"),
]

urlpatterns = [
    path("", include((own, "accounts"))),
    path("sign-in/", views.SignIn.as_view(), name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    # allauth asks for these names; here they lead to a person, never to a form.
    path("closed/", account.signup, name="account_signup"),
    path("forgotten/", views.ask_administrator, name="account_reset_password"),
    path("password/set/", views.ask_administrator, name="account_set_password"),
    path("address/", views.me, name="account_email"),
    path("address/confirm/", views.me, name="account_email_verification_sent"),
    path(
        "security/webauthn/keys/<int:pk>/remove/",
        views.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("security/", include("allauth.mfa.urls")),
    path("directory/", include("allauth.socialaccount.urls")),
    path(
        "directory/<slug:provider_id>/start/",
        directory.login,
        name="openid_connect_login",
    ),
    path(
        "directory/<slug:provider_id>/return/",
        directory.callback,
        name="openid_connect_callback",
    ),
]
