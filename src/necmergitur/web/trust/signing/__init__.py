"""Parties, the terms proposed to them, their three signatures, and the stream these open."""
