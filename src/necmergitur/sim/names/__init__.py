"""A city's names, made up from a seed, and what happens to them on the way to whoever looks for somebody."""
