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
# Ours: forms typed before a drill's end are answered by then, and whoever held it is there to see it erased; its report
# stays. A crisis is kept a day at least.
KEPT_AFTER_DRILL = timedelta(seconds=10)
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
DESCRIPTION_MAX = 1_000  # ours: what of a description is compared; the first sentences say what somebody wears
# Measured at a million records: of 600 candidates by pieces of their name, the right one is among them nearly as often
# as of 1,500, and ordering them takes a third of the time.
RANKED_MAX = 600
# Measured: parts of this size are sorted within the processor's caches; one of a million takes thirty times as long
# as eight of them.
PART_MAX = 131_072
TAIL_MAX = 4_096  # measured: made again in 20 ms, so whoever is added is found at once
PARTS_MAX = 8  # ours: small parts beside the large ones, before they are joined
# Ours: what a person reads through before they ask better.
FOUND_MAX = 10
ASKED_NAMES_MAX = 5  # ours: how somebody is called at home, at work and in a passport; each costs a search
FOUND_AT_MOST = 50  # ours: bulk work with a second person; more would be a list of everybody

# Ours: longer than a mail server takes to answer; a worker that dies holds a message this long at most.
MESSAGE_LEASE = timedelta(seconds=60)
MESSAGE_ATTEMPTS_MAX = 20  # ours: with doubling pauses up to MESSAGE_RETRY_MAX, about a day and a half
MESSAGE_RETRY_FIRST = timedelta(seconds=5)
MESSAGE_RETRY_MAX = timedelta(hours=4)

# Ours: push services' addresses have 150 to 500 characters.
PUSH_ENDPOINT_MAX = 1_000
PUSH_BYTES_MAX = 2_048  # ours: such an address, two keys, and what browsers add
FOLLOWERS_MAX = 20  # ours: telephones told of one person; more would make a link a way to send bulk messages
# The push services of the browsers in use: Chromium's, Firefox's, Safari's, Edge's. ".x" stands for every host under x.
PUSH_HOSTS = ("fcm.googleapis.com", ".push.services.mozilla.com", "web.push.apple.com", ".notify.windows.com")

# Ours, for records exchanged as PFIF: as long as Person Finder's longest printed notices.
RECORD_TEXT_MAX = 4_000
RECORD_LINE_MAX = 250  # ours: one line of a record; an address or a link at its longest
RECORD_LINES_MAX = 10  # ours: names and links of one person
RECORD_ID_MAX = 250  # ours: a domain name (RFC 1035: 253 at most) and a number
# Ours: a clock an hour off is a clock; a day ahead is a mistake or a trick to stay the newest.
RECORD_AHEAD_MAX = timedelta(hours=24)
ADULT_AT = 18  # years: Convention on the Rights of the Child, art. 1; French Civil Code, art. 388
DOUBLE_SCORE = 0.8  # ours: people decide, so a pair too many costs a look, and a pair missed costs a family a night
AT_MOST_DOUBLES = 3  # ours: what a desk compares side by side
NOTES_MAX = 200  # ours: what is said of one person in one night; what comes later is refused, not dropped
DECLARED_BY_ONE_MAX = 5  # ours: a family's children; from the sixth on the desk reads before anything comes of it
SAME_WORDS_MAX = 2  # ours: two who look for one person may paste one text; a third under other names is a chain letter
SAME_PICTURE_MAX = 2  # ours: the same, for one file
WORDS_COMPARED_FROM = 40  # characters, ours: "red coat" is said of many
NAMED_BY_ONE_MAX = 5  # ours: a family checks in by one telephone; who says more names there is nobody in particular
TOLD_MAX = 200  # ours: a firm's duty telephone; beyond, the page would be a way to bury a number under messages
ABUSE_WORDS_MAX = 280  # ours: why a number is kept out is a sentence or two
ASKED_OFTEN = 10  # ours: a large family is asked about in fewer; beyond, a person looks who asks
CONFIRM_LETTERS_MAX = 3  # ours: to one number in a crisis; more would make the page a way to pester it

# --- open doors ---
# Ours: forty-five minutes at 4 km/h, with children, at night. Beyond it, a shelter or a car of the city.
WALK_MAX_M = 3_000.0
# Ours: from a place to the nearest junction one walks along two sides of a block rather than across it.
WALK_DETOUR = 1.3
# Ours: to be met by somebody verified, or understood, is worth a few minutes more.
PREFERRED_WORTH_M = 300.0
LANGUAGE_WORTH_M = 300.0  # ours: the same
CANDIDATES_NEAR = 16  # measured (`nec bench doors`): with the 96 spread farther, within 1 % of the shortest walks
CANDIDATES_FAR = 96  # measured: the same; who stays without gets four times more
CANDIDATES_MAX = 1_536  # measured: past it, a guest who found nobody finds nobody
WALK_GRAIN_M = 20.0  # measured: costs in grains of it are solved four times faster, and walks are as short
# H3 resolution 9 (h3geo.org): 0.1 km², some 2,000 people in Paris. A fixed cell, never noise: noise averages out.
SHOWN_CELL = 9
OFFER_LASTS = timedelta(hours=12)  # ours: a night; whoever still has room says so again
ASK_LASTS = timedelta(hours=12)  # ours: the same
HOSTS_ASKED_MAX = 3  # ours: beyond three, a person at the desk looks for shelter with them
NEXT_HOST_AFTER = timedelta(minutes=2)  # ours: a host who did not look at their telephone in two minutes may not soon
PROPOSAL_LASTS = timedelta(minutes=10)  # ours: somebody stands in the street meanwhile
ARRIVAL_WITHIN = timedelta(minutes=30)  # ours: the longest walk but a third; then the desk looks for both
CODE_DIGITS = 6  # as banks send: with five tries, one chance in 200,000
CODE_TRIES_MAX = 5  # ours: the same
CODES_SENT_MAX = 3  # ours: more would make the page a way to pester a number
CODE_LASTS = timedelta(minutes=30)  # ours: text messages are late on such a night
PLACES_MAX = 20  # ours: a household; a hall is an official shelter
PEOPLE_MAX = 12  # ours: more do not stay together in a home
LANGUAGES_MAX = 5  # ours
ADDRESS_MAX = 300  # ours: street, floor, door, what is on the bell
# Ours: whoever was given two addresses and arrived at neither is helped by a person from then on.
ADDRESSES_MAX = 2
CALLS_MAX = 5  # ours: more is not finding each other, but pestering
# Ours: whoever asked for a call still holds their telephone; later it would ring in the night.
CALL_WITHIN = timedelta(minutes=2)
CALL_LASTS = timedelta(minutes=5)  # ours: long enough to find each other at a street corner
TALK_MAX = 60  # ours: messages between two people who are about to meet; then they have met
SHELTER_NAME_MAX = 120  # ours: as a sign on a door
SHELTER_PLACES_MAX = 20_000  # ours: a stadium's halls
CLOSED_RADIUS_MAX_M = 10_000.0  # ours: beyond it, the whole city stays indoors
DOORS_KEPT = timedelta(hours=48)  # ours: what is over is looked at by nobody two days later
WALK_M_PER_MIN = 70.0  # ours: 4.2 km/h, with a child by the hand
# Ours: why an agent looks is a sentence.
LOOK_REASON_MAX = 200
SEARCHES_AN_HOUR = 60  # ours: a family on the telephone each minute; whoever needs more asks a second person
OPENED_AN_HOUR = 60  # ours: the same
SAME_RECORD_MAX = 5  # ours: a case is read a few times; one person's record again and again is somebody's obsession
ALLOWED_TIMES = 10  # ours: so much more, for an hour, once a second person agreed
