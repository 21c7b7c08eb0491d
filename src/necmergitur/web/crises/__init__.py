"""Where a crisis is asked for, confirmed, watched, closed and seen to be erased."""
