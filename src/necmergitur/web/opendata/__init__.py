"""Open data: counts that tell of nobody, each release made once, and a catalogue that portals read."""
