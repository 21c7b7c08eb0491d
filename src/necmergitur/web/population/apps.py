"""The Django application of the population's pages."""

from django.apps import AppConfig


class PopulationConfig(AppConfig):
    """Public pages of a crisis."""

    name = "necmergitur.web.population"
    label = "population"
