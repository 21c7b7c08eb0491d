"""Standing by the population: use cases of a crisis, from its opening by two people to the proof of its erasure."""
