"""Standing by the population: crises and their services, people who say they are safe, people looked for, shelter.

Pure: imports the kernel and governance only.
"""
