"""Bounds of accounts, each with its source."""

from datetime import timedelta

# An invitation is opened within the working day it was sent (NIST SP 800-63A, 2024, 3.13: out-of-band codes 24 h at most).
ENROLMENT_LIFETIME = timedelta(hours=24)
# Two people act on one call; longer would leave a half-open door unattended.
RECOVERY_LIFETIME = timedelta(hours=1)
# 256 bits of randomness: a token cannot be guessed, so its plain SHA-256 may be stored.
TOKEN_BYTES = 32
# People listed on one page.
PEOPLE_PER_PAGE = 100
