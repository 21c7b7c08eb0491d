"""Bounds of the programme's letters, each with its source."""

from datetime import timedelta

ATTEMPTS_MAX = 12  # with the pauses below: about a day, as for every other message
RETRY_FIRST = timedelta(minutes=1)  # ours: a server that restarts is back by then
RETRY_MAX = timedelta(hours=4)  # ours, as for other messages
SENT_MAX = 20  # ours: letters of one turn, so that one turn holds its thread for some seconds
ASKED_MAX = 5  # ours: addresses that one network asks for in ten minutes
TO_ONE_MAX = 6  # ours: letters a day to one address that anybody may cause (registering, asking for a link again)
KEPT = timedelta(days=30)  # ours: a letter that left is known this long, so that it never leaves twice
# Ours: reminded this long before the end, once; a hackathon is short, a reading takes days.
HAND_IN_BEFORE = timedelta(hours=2)
MARKS_BEFORE = timedelta(hours=12)
READING_BEFORE = timedelta(days=2)
