"""Engine: one loop that turns messages into operations and decisions into flights. It decides nothing itself."""
