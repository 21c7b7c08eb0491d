"""Bounds of the dispatch room, each with its source."""

from datetime import timedelta

# Ladder: design of this house, in line with NFPA 1225:2022 (answer within 10 s for 90 %, process within 60 s).
LEVEL_DEADLINES = (timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=60))
LEVELS = ("operator", "lead", "duty_officer", "everyone")
REPEAT_DEADLINE = timedelta(seconds=60)  # ours: an unanswered incident rings again each minute, for ever
ACTING_DEADLINE = timedelta(seconds=60)  # NFPA 1225:2022: processed within 60 s

CANCEL_WINDOW = timedelta(seconds=5)  # ours: overlaps dock opening, so costs no time
# Ours: a person who presses again this long after their last press has something new to say; sooner, it is the
# same press of a trembling hand, which must not undo what an operator just answered.
CALL_AGAIN_AFTER = timedelta(seconds=10)
OFFER_LASTS = timedelta(seconds=10)  # a pilot has ten seconds, then the next
UNANSWERED_MAX = 2  # ours: one offer missed is a glance away, two in a row is an empty chair: offers pause
OFFERS_MAX = 12  # ours: after that many refusals humans are told and the search rests
# How long a drone that failed on its way is not sent to the same incident again. Ours: a battery swapped, a door
# freed of ice; a person who asks again does not wait for it.
BAR_LASTS = timedelta(minutes=5)

# Matching: ours, to be measured against judged pairs; distances are compared with the stated accuracy.
ATTACH_SCORE_MIN = 0.7
PROPOSE_SCORE_MIN = 0.35
MATCH_WINDOW = timedelta(minutes=20)
MATCH_TIME_SCALE = timedelta(minutes=10)
MATCH_DISTANCE_FLOOR_M = 40.0
MATCH_RADIUS_M = 400.0

# Choice of drone: measured, see docs/benchmarks.md.
ASSIGNMENT_OPEN_MIN = 20  # linear assignment from 20 open incidents; greedy costs below 3 % under 50
# Six minutes over the scene, the way there and back, and the ground's reserve of 25 %. Measured on Paris at 100
# calls an hour: 66 s on scene at the 95th percentile with 60 %, 72 s with 90 % (twelve minutes over every scene),
# 61 s with 35 % (some scenes seen for less than two minutes).
BATTERY_TAKEOFF_MIN_PCT = 60.0
WIND_MAX_M_S = 12.0  # typical limit of a small multirotor (DJI Matrice 30: 12 m/s at take-off)
LINK_MIN_PCT = 40.0  # ours
SCENE_RADIUS_M = 60.0  # recording is allowed only inside it
# How long a call waits for a nearer drone said to be free soon; then it takes the first that is. Ours: a charger
# that never finishes would otherwise promise for ever.
SOON_PATIENCE = timedelta(seconds=60)
ETA_MAX_S = 600.0  # ours: a drone farther than ten minutes is no help
# An accepted mission lifts within this, or ends and the search goes on: doors open while the pilot decides, the
# caller's window to cancel is five seconds, and a pilot who accepted a minute ago no longer looks at the screen.
LIFT_WITHIN = timedelta(seconds=60)
TOKEN_LASTS = timedelta(minutes=30)  # ours: longer than any battery
PILOT_QUALIFICATION = "drone_pilot"  # the name in the table of qualifications
NOTE_LENGTH_MAX = 2_000  # ours: a page of print
