"""The Django application of the public pages."""

from django.apps import AppConfig

from necmergitur.web import messages


class PortalConfig(AppConfig):
    """Public pages and the shared frame."""

    name = "necmergitur.web.portal"
    label = "portal"

    def ready(self) -> None:
        """Compile translations that changed, so that no start shows old words."""
        messages.refresh()
