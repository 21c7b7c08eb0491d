"""Experiments: protocols fixed before the start, vendors heard by the gate, reports computed from the record."""
