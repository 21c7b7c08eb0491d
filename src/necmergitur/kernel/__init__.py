"""Kernel: ids, time, positions, refusals and the event envelope. Imports nothing of ours."""
