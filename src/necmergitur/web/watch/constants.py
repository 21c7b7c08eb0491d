"""Rhythms and bounds of the watch."""

from datetime import timedelta

EVERY_DEFAULT = timedelta(hours=6)  # ours: a feed of a lab or an office says a few things a day
BACK_OFF_MAX = timedelta(days=7)  # ours: the longest pause after errors, and after a Retry-After
FAILURES_MAX = 8  # ours: with pauses that double from six hours, a source is gone for three weeks
SOURCES_A_TURN_MAX = 20  # ours: a turn ends within minutes, whatever sources wait
PRINTS_MAX = 200_000  # ours: compared in a millisecond; what is older comes back as new
SHORT_WORDS = 12  # ours: a fingerprint of fewer words says little; such items are one only when all bits are
ITEMS_MATCHED_MAX = 20_000  # ours: the newest; older news was judged or is history
ITEMS_A_SLICE = 1_000  # ours: read and indexed in some tenths of a second
MATCH_S_A_TURN = 2.0  # ours: what one turn matches before it lets the worker's other chores go on
MATCHED_A_NEED_MAX = 50  # ours: more are read by nobody
VECTORS_A_TURN = 20  # ours: four seconds of a processor (200 ms each, measured)
WEAK = 0.3  # ours: below so much of the best score of its list, what was found is folded away
SHARED_WORDS_MAX = 8  # ours: shown as the reason
TOP = 10  # what P@10 counts
WEEKS_SHOWN = 12  # ours: a quarter
SHEET_BYTES_MAX = 2_000_000  # ours: five hundred needs in an office file are a tenth of it
SHEET_ROWS_MAX = 500  # ours: more come in two files
SHEET_KEPT = timedelta(days=1)  # ours: a preview nobody answered is dropped
SOLUTIONS_MAX, CRITERIA_MAX = 24, 24  # ours: a grid that fits a wide page
