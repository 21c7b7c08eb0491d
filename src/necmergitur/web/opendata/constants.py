"""Bounds of open data, each with its source."""

from datetime import timedelta

# Ours: after a month's end, so long until late calls are in and incidents merged; a release is never made again.
SETTLED_AFTER = timedelta(days=3)
RELEASES_AT_ONCE = 6  # ours: a table of 240 zones takes up to four seconds to check, a request may take thirty
MONTHS_BACK = 24  # ours: what was never published for two years is left alone

# What one release with noise spends, and a year's releases of one dataset together. The US Census used 17.14 for its
# 2020 redistricting data (over everything); half is what textbooks call strong for one table of counts.
EPSILON_RELEASE = 0.5
EPSILON_YEAR = 6.0  # ours: twelve months at a half
MOST_OF_ONE = 5  # ours: calls of one personal button that count in a month; 95 in 100 people call less often
