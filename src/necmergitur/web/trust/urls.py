"""Addresses of the trust desk."""

from necmergitur.web.trust.signing import urls as signing

app_name = "trust"
urlpatterns = [*signing.urlpatterns]
