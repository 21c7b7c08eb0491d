"""Incubation: calls, applications, cohorts, dated phases, money."""
