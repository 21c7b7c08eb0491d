"""Sensors for those who work here: what each is, whether it runs and why not, and what it said, for a purpose."""
