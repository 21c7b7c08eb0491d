"""Bounds of the finder, each with its source."""

TURN_S = 0.3  # ours: a new row is found within a second, reading and sealing included
# Ours: of a crowd's names at most a fifth of the time is spent here, so that a processor is left to whoever takes it in
# and to whoever asks; a few thousand a second are still read at once.
REST = 4.0
REST_S_MAX = 4.0  # whoever is deleted meanwhile is forgotten no later; no answer names them at once
LOOK_S = 1.0  # ours: the same for a crisis that opens or is erased
# Ours: rows carry the instant at which they were begun, and are committed later: a group of check-ins within half a
# second. Whatever took longer is read in the wide look; no statement of ours lasts longer than 15 s.
OVERLAP_S = 2.0
WIDE_OVERLAP_S = 60.0
WIDE_EVERY_S = 30.0
# Ours: a crowd sends more than a turn can read; what has piled up is read in spans, so that memory stays as it is.
SPAN_S = 2.0
SPAN_S_MAX = 3_600.0  # beyond it nothing has piled up
PAGE_ROWS = 5_000  # ours: a tenth of a second's work, many times that on a busy machine, between two signs of life
QUESTION_BYTES_MAX = 16 * 1024  # ours: several names, a place and clothing, each at its longest
QUESTIONS_AT_ONCE = 8  # ours: more would only wait for two processors in turn
ANSWER_S_MAX = 5.0  # ours: a peer that is silent this long is gone
CONNECT_S_MAX = 3  # ours, as elsewhere: a database that does not take a call in this time is away
