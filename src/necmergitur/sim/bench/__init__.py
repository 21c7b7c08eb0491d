"""Measurements of the whole system, each beside its own floor."""
