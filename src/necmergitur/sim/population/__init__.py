"""A simulated population: many people who say at once that they are safe."""
