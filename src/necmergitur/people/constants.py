"""Bounds of the people room, each with its source."""

from datetime import timedelta

# Ours: what two people can still read aloud to each other while they decide.
CRISIS_NAME_MAX = 80
# Ours, as for break-glass: a second person who did not come in ten minutes did not come.
CRISIS_ASKED_LASTS = timedelta(minutes=10)
# Ours: the largest area one crisis covers, a large city with its first ring of suburbs.
CRISIS_RADIUS_MAX_M = 30_000.0
CRISIS_RADIUS_MIN_M = 100.0  # ours: smaller is an incident, not a crisis
# Ours: after closing, families still look for a while. The longest any service may keep what it holds.
KEPT_AFTER_CLOSING_MAX = timedelta(days=30)
KEPT_AFTER_CLOSING = timedelta(days=7)
# Ours: a crisis that nobody closed in a month is an office, and needs a law of its own.
CRISIS_LASTS_MAX = timedelta(days=30)
CRISIS_WORDS_MAX = 500  # ours: a reason is a sentence or two

# Ours: the longest names of civil registers on one line.
NAME_MAX = 120
# RFC 5321 4.5.3.1: 64 octets, an at sign, 255 octets; the whole path is at most 256 with its brackets.
EMAIL_MAX = 254
# ITU-T E.164: fifteen digits, with what people write between them.
PHONE_WRITTEN_MAX = 40
WORDS_MAX = 280  # ours: what one breath says; longer is a conversation, and has its place
TELL_MAX = 5  # ours: the nearest people; more would make the page a way to send bulk messages
CHECKIN_BYTES_MAX = 8_192  # ours: every field at its longest, percent-encoded
# Ours: a form typed on one network and sent on another comes again with the same number within this time.
CHECKIN_AGAIN_WITHIN = timedelta(hours=24)

# Ours: eight words hold every name seen in civil registers here; more is not a name, and costs every search.
NAME_TOKENS_MAX = 8
# Measured: of 200 candidates by pieces of their name, the right one is among them nearly as often as of 1,000, and
# ordering them takes a third of the time.
CANDIDATES_MAX = 200
# Measured: parts of this size are sorted within the processor's caches; one of a million takes thirty times as long
# as eight of them.
PART_MAX = 131_072
TAIL_MAX = 4_096  # measured: made again in 20 ms, so whoever is added is found at once
PARTS_MAX = 8  # ours: small parts beside the large ones, before they are joined
# Ours: what a person reads through before they ask better.
FOUND_MAX = 10
FOUND_AT_MOST = 50  # ours: bulk work with a second person; more would be a list of everybody

# Ours: longer than a mail server takes to answer; a worker that dies holds a message this long at most.
MESSAGE_LEASE = timedelta(seconds=60)
MESSAGE_ATTEMPTS_MAX = 12  # ours: with doubling pauses, about a day and a half
MESSAGE_RETRY_FIRST = timedelta(seconds=5)
MESSAGE_RETRY_MAX = timedelta(hours=4)

# Ours, for records exchanged as PFIF: as long as Person Finder's longest printed notices.
RECORD_TEXT_MAX = 4_000
RECORD_LINE_MAX = 250  # ours: one line of a record; an address or a link at its longest
RECORD_LINES_MAX = 10  # ours: names and links of one person
RECORD_ID_MAX = 250  # ours: a domain name (RFC 1035: 253 at most) and a number
# Ours: a clock an hour off is a clock; a day ahead is a mistake or a trick to stay the newest.
RECORD_AHEAD_MAX = timedelta(hours=24)
ADULT_AT = 18  # years: Convention on the Rights of the Child, art. 1; French Civil Code, art. 388
NOTES_MAX = 200  # ours: what is said of one person in one night; what comes later is refused, not dropped
