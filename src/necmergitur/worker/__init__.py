"""Worker: the outbox, and housekeeping that nobody waits for. It decides nothing."""
