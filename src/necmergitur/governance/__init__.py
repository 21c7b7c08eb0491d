"""Governance: what is lawful, for whom, where and until when; and the gate that holds to it."""
