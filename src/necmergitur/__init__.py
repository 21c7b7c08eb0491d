"""Nec Mergitur: a city's call-for-help, incident and drone platform."""

__version__ = "0.1.0"
