"""Adapters: everything that touches a disk, a clock, a socket or another program. They decide nothing."""
