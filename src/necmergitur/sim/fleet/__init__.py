"""Simulated vehicles: pure flight physics, a MAVLink 2 vehicle around them, and a synthetic camera."""
