"""Dispatch: from signals to incidents, from incidents to missions and the people who answer."""
