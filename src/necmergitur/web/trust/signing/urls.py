"""Addresses of the parties and their signatures, below the trust desk's."""

from django.urls import path

from necmergitur.web.trust.signing import demo_views, party_views, proposal_views, sign_views

urlpatterns = [
    path("parties/", party_views.parties, name="party-list"),
    path("parties/invite/", party_views.invite, name="party-invite"),
    path("parties/<uuid:pk>/retire/", party_views.retire, name="party-retire"),
    path("parties/enrol/<str:token>/", party_views.enrol, name="party-enrol"),
    path("terms/", proposal_views.proposals, name="proposal-list"),
    path("terms/draft/<uuid:assessment_id>/", proposal_views.draft, name="proposal-draft"),
    path("terms/<uuid:pk>/", proposal_views.one, name="proposal-one"),
    path("terms/<uuid:pk>/withdraw/", proposal_views.withdraw, name="proposal-withdraw"),
    path("terms/<uuid:pk>/grant/", proposal_views.grant, name="proposal-grant"),
    path("terms/<uuid:pk>/dialogue/", proposal_views.dialogue, name="proposal-dialogue"),
    path("terms/<uuid:pk>/revoke/", proposal_views.revoke, name="proposal-revoke"),
    path("terms/<uuid:pk>/sign/<str:role>/", sign_views.sign, name="proposal-sign"),
    path("terms/<uuid:pk>/sign/<str:role>/demo/", demo_views.sign, name="proposal-sign-demo"),
    path("papers/<uuid:pk>/", sign_views.paper, name="proposal-paper"),
    path("papers/<uuid:pk>/paper.json", sign_views.paper_file, name="proposal-paper-file"),
]
