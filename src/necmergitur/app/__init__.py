"""App: the `nec` command line, settings, wiring of adapters into operations, and the supervisor."""
