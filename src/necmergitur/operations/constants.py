"""How long what may name or place a person is kept. `operations.retention` erases what is older, every day."""

from datetime import timedelta

# Where a personal button was pressed, counted from the incident's end: by analogy with images of the street
# (Code de la securite interieure, art. L. 252-5: at most a month), long enough for a complaint.
PLACES_KEPT = timedelta(days=30)
# Words people wrote (notes, observations, handovers), counted from the incident's end: the time within which the least
# offences are prosecuted (Code de procedure penale, art. 9: one year).
TEXTS_KEPT = timedelta(days=365)
# A day's key is destroyed once nothing sealed under it remains; never one that may still be in use (ours).
KEY_KEPT_LEAST = timedelta(days=2)
# What sensors and their readers were refused, by minute, once it is a fact: the thirteen weeks that the register shows,
# and one. The facts stay; a device that floods would otherwise leave half a million rows a year.
REFUSALS_KEPT = timedelta(weeks=14)
RETENTION_EVERY = timedelta(days=1)  # ours: a day late is a day in a month
INCIDENTS_AT_ONCE = 200  # erased in one transaction, so that no call waits long for the record's lock
EVIDENCE_EVERY = timedelta(hours=20)  # a run with nothing to erase is a fact once a day, not at each restart
# Ours: a reading heard in the last instant of a minute is written well before; then the minute gets its root.
READINGS_ROOT_WAIT = timedelta(minutes=1)
MINUTES_AT_ONCE = (
    64  # ours, as presses are batched: facts of sensors written in one transaction, behind which presses wait
)
READ_LONGEST = timedelta(days=31)  # ours: a month on one page
READ_ROWS_MAX = 50_000  # ours: a month of minutes
