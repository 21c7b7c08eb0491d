"""Template tags of the incubation."""
