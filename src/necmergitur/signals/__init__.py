"""Signals: raw facts as they arrive. A button's signal is a press."""
