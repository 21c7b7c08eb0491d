"""What the population sees, and what every page shares: theme, language, errors, template tags."""
