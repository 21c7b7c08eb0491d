"""Bounds of accounts, each with its source."""

from datetime import timedelta

# An invitation is opened within the day it was sent (NIST SP 800-63A: enrolment codes sent out of band, 24 h).
ENROLMENT_LIFETIME = timedelta(hours=24)
# Two people act on one call; longer would leave a half-open door unattended.
RECOVERY_LIFETIME = timedelta(hours=1)
# 256 bits of randomness: a token cannot be guessed, so its plain SHA-256 may be stored.
TOKEN_BYTES = 32
# Nobody decides alone.
APPROVERS = 2
# People listed on one page.
PEOPLE_PER_PAGE = 100
