"""Bounds of the register, each with its source."""

from datetime import timedelta

# Ours: a flight is told a day after it ended. Told at once, it would lead a violent person to the door.
FLIGHT_TOLD_AFTER = timedelta(hours=24)
# Ours: cells of about 100 m: 111 m of latitude; 110 m of longitude at 48.8 degrees north.
GRID_LAT_DEG = 0.001
GRID_LON_DEG = 0.0015
FLIGHTS_SHOWN_MAX = 200  # ours: some weeks of a large city; the rest is counted
COUNT_TOLD_LEAST = 10  # ours, as in all open data: a count that tells of fewer people is not told apart
TOLD_LEAST = 5  # ours: fewer personal calls than that in a month are told as "fewer"
WEEKS_SHOWN = 13  # ours: a quarter of a year
FACTS_AT_ONCE = 5_000  # ours: read in one go while counting refusals
RULES_MAX = 100  # ours: a rule nobody knows counts once for all of its kind beyond this
CHANGES_SHOWN_MAX = 50  # ours: what a feed reader fetches again and again
BUTTONS_A_PAGE = 100  # ours: a list one can still scroll on a phone
SIGNS_A_PAGE = 40  # ours: codes are drawn in half a second then
GLASSES_SHOWN_MAX = 100  # ours
CRISES_SHOWN_MAX = 100  # ours: drills included
PAPERS_MAX = 2_000  # ours: signed papers a city may ever have shown here
HISTORY_MAX = 100  # ours: facts of one stream's papers shown on its page
ERASED_SHOWN_MAX = 60  # ours: two months of a run a day
CACHE_S = 10  # ours: a page may be that old in the reader's own browser; "on right now" says its instant
MAP_WIDTH = 800  # units of the drawing, ours
MAP_TOLERANCE = 1.0  # units: half of what an old phone's screen shows of it
SILENT_AFTER = timedelta(minutes=5)  # ours: a device that counts each minute missed five
