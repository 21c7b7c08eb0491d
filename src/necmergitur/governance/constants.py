"""Bounds of the governance room, each with its source."""

from datetime import timedelta

# Law: 120 m above ground is the open and most specific categories' limit (EU 2019/947, UAS.OPEN.010).
CEILING_MAX_M = 120.0
# Ours: no flight is authorised lower than this, because it would go between houses. Paris's highest ordinary roofs
# end at 31 m (its building rules), with the margin of an antenna and a receiver's error.
CEILING_MIN_M = 40.0
# Ours: above every Haussmann roof with margin, half the legal ceiling. A city of towers writes its own height into
# its authorisations.
TRANSIT_ALTITUDE_M = 60.0
# Ours, in the design: long enough to act on one incident, short enough that the next need is argued anew.
BREAK_GLASS_LASTS = timedelta(minutes=30)
# Ours: a second person who did not come in ten minutes did not come; the wish is made again, with today's reason.
BREAK_GLASS_ASKED_LASTS = timedelta(minutes=10)
BREAK_GLASS_WORDS_MAX = 500  # ours: a reason is a sentence or two
# Ours: one line on a screen and in print.
LABEL_LENGTH_MAX = 200
# Ours: what a person reads before signing.
TEXT_LENGTH_MAX = 4_000
# CNIL, guidelines on impact assessments: reviewed at least every three years. No authorisation outlives its review.
REVIEW_DAYS_MAX = 3 * 365
# Law: an experiment lasts at most five years (Constitution art. 72, CGCT art. LO1113-1). Ours is shorter, because a
# trial that was not evaluated within two years will not be.
EXPERIMENT_DAYS_MAX = 2 * 365
# The lowest rates at which speech is carried intelligibly: Codec 2 at 450 bit/s, MELPe at 600 (STANAG 4591). Below
# them all, with a margin: a bound, not a proof.
STREAM_BITS_PER_S = 400
# Ours: what stands around a payload (boot, sequence number) could hide something too, and counts as bits of it.
ENVELOPE_BITS = 64
# Ours: what a stream may save up, so that readings held up by a lost broker are not refused when they come together.
BUDGET_SPARE_S = 30
# Ours: an RS256 answer with its client data stays under 2 kB; a longer one is nobody's passkey.
PASSKEY_BYTES_MAX = 4_096
# Ours, in the design: an invited party may need two working days to find whoever holds the key.
PARTY_LINK_LASTS = timedelta(hours=48)
# Ours: an exported paper is terms and three signatures, some ten kilobytes.
PAPER_BYTES_MAX = 200_000
# Ours: three pages of print for one question of an impact assessment; the method asks for a description, not a book.
ANSWER_LENGTH_MAX = 12_000
# Ours: as many impacts, threats or measures as one still weighs one by one.
POINTS_MAX = 40
# Law: a breach is notified within 72 hours of becoming aware of it (GDPR article 33(1)).
BREACH_NOTIFY_WITHIN = timedelta(hours=72)
# Ours: two months before an assessment must be looked at again or a contract ends, the officer is told.
DUE_SOON = timedelta(days=60)
# Ours: a boot number, a sequence number and the largest payload of any type.
READING_BYTES_MAX = 256
STATUS_BYTES_MAX = 512  # ours: five short fields
# Ours: a device that says more of its rate is held to this: far above every paper, and a number the database holds.
RATE_SAID_MAX = 1_000_000
# The largest integer every language's JSON reads exactly (RFC 8259, section 6).
INTEGER_MAX = 2**53 - 1
# Ours: a minute ends, is sent, waits for a broker that restarts; an older reading is a recording.
READING_MINUTES_OFF_MAX = 3
# Ours: a boot is numbered by a counter or by seconds since 1970, and a device's clock may be a day ahead.
BOOT_AHEAD_MAX_S = 86_400
# Ours: clocks kept by NTP step by less; a machine whose clock went further back opens no stream.
CLOCK_BACK_MAX = timedelta(seconds=2)
RIGHTS_MONTHS = 1  # GDPR art. 12(3): without undue delay and within one month of receipt
RIGHTS_EXTENDED_MONTHS = 3  # the same: two further months, told within the first with the reasons
RIGHTS_WORDS_MAX = 2_000  # ours: a page
# Law: who looked at a drone's pictures is kept for three years (decree 2023-283), also should no rule in force say so.
# PostgreSQL refuses to forget it sooner (NM015).
JOURNAL_DAYS_LEAST = 3 * 365
