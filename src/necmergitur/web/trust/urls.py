"""Addresses of the trust desk."""

from django.urls import path

from necmergitur.web.trust import processing_views, register_views, signing_views, study_views, views
from necmergitur.web.trust.signing import urls as signing

app_name = "trust"
urlpatterns = [
    path("", views.home, name="home"),
    path("law/", views.law, name="law"),
    path("processing/", processing_views.activities, name="processings"),
    path("processing/new/", processing_views.write, name="processing-new"),
    path("processing/register.<slug:kind>", processing_views.file, name="register-file"),
    path("processing/<uuid:pk>/", processing_views.activity, name="processing"),
    path("processing/<uuid:pk>/edit/", processing_views.write, name="processing-edit"),
    path("processing/<uuid:pk>/end/", processing_views.end, name="processing-end"),
    path("processing/<uuid:pk>/assess/", study_views.begin, name="assessment-begin"),
    path("assessments/", study_views.studies, name="assessments"),
    path("assessments/bring/", signing_views.bring, name="assessment-bring"),
    path("assessments/<uuid:pk>/", study_views.study, name="assessment"),
    path("assessments/<uuid:pk>/compare/", study_views.compare, name="assessment-compare"),
    path("assessments/<uuid:pk>/sign/", signing_views.sign, name="assessment-sign"),
    path("assessments/<uuid:pk>/refuse/", signing_views.refuse, name="assessment-refuse"),
    path("assessments/<uuid:pk>/withdraw/", signing_views.withdraw, name="assessment-withdraw"),
    path("assessments/<uuid:pk>/again/", signing_views.again, name="assessment-again"),
    path("assessments/<uuid:pk>/ask/", signing_views.ask_people, name="assessment-ask"),
    path("assessments/<uuid:pk>/v<int:version>.json", signing_views.text, name="assessment-text"),
    path("assessments/<uuid:pk>/v<int:version>.pia.json", signing_views.export, name="assessment-export"),
    path("assessments/<uuid:pk>/write/<slug:part>/", study_views.part, name="assessment-part"),
    path("breaches/", register_views.breaches, name="breaches"),
    path("breaches/new/", register_views.breach, name="breach-new"),
    path("breaches/<uuid:pk>/", register_views.breach, name="breach"),
    path("breaches/<uuid:pk>/close/", register_views.close, name="breach-close"),
    path("processors/", register_views.processors, name="processors"),
    path("processors/new/", register_views.processor, name="processor-new"),
    path("processors/<uuid:pk>/", register_views.processor, name="processor"),
    path("processors/<uuid:pk>/end/", register_views.end_processor, name="processor-end"),
    *signing.urlpatterns,
]
