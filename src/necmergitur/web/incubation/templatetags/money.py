"""Money as people of each language write it."""

from babel.numbers import format_currency
from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def euros(cents: int) -> str:
    """Return an amount of cents in euros."""
    return format_currency(cents / 100, "EUR", locale=(get_language() or "fr").replace("-", "_"))
