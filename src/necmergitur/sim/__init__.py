"""A seeded city: devices, drones, faults, virtual time, and the benches that measure the whole."""
