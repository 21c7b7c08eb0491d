"""Commands of the simulator, found by name by the `nec` command line."""
