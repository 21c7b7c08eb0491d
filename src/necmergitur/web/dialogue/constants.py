"""Bounds of the dialogue's pages, each with its source."""

from datetime import timedelta

# CNIL, "Cookies et autres traceurs", 1 October 2020: six months is good practice for what a browser remembers.
COOKIE_AGE = timedelta(days=183)

# Ours: results change when ten more people have voted, so that what one person adds cannot be read off them.
NEW_VOTERS_TO_SHOW = 10
# Ours: with more than 200 voters, one new for each twenty. Computing takes seconds with thousands of voters.
VOTERS_PER_NEW = 20

# What one address may do in a while; kept in memory, forgotten after. A school or a library shares one address, so
# these stop a machine, not a class: thirty in ten minutes, each voting every five seconds.
WHILE = timedelta(minutes=10)
NEWCOMERS_MAX = 30  # ours, see above
VOTES_MAX = 3_600  # ours, see above
STATEMENTS_MAX = 15  # ours: half a class has something to say
STATEMENTS_OF_ONE_MAX = 5  # ours: waiting for the moderator, of one person
ADDRESSES_MAX = 10_000  # ours: 2 MB of memory at most; the longest unseen are forgotten first

# Ours: pages list so many; nobody reads more on a telephone.
LISTED_MAX = 200
DIVIDING_SHOWN = 6
