"""Hackathons: people without account, teams, a blind jury, prizes; every team and project a stage of the chain."""
