"""The desk of the data protection officer: what a stream rests on, written, signed and kept."""
