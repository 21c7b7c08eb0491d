"""Bounds of the commons' pages, each with its source."""

from datetime import timedelta

OPEN_MOST = 10  # ours: bookings of one person or company that are not over yet; a class does not take a house
ASKED_MAX = 20  # ours: of one link in ten minutes; nobody asks and cancels by hand so often
WORDS_KEPT = timedelta(days=30)  # ours: what a booking was for is of use until its bill is paid
PER_PAGE = 30  # ours: what one screen and a half show
LISTED_MOST = 200  # ours: as in other rooms

SUBSCRIPTIONS_MAX = 5  # ours: of one network in ten minutes; an office has a few readers
ADDRESS_MAX = 2  # ours: of one address in ten minutes; nobody's mailbox is filled by our form
CONFIRM_LASTS = timedelta(days=2)  # ours: whoever asked looks into their mailbox within two days
MAIL_AGAIN = timedelta(hours=20)  # ours: at most one mail a day, however often the form is sent
BATCH = 20  # ours: at a second a mail, well within the rhythm of the worker's other chores
ATTEMPTS_MOST = 8  # RFC 5321 4.5.4.1: four or five days of trying; with the waits below, four
AGAIN_AFTER = timedelta(minutes=15)  # doubled each time
HANDED_WITHIN = timedelta(minutes=10)  # ours: sixty times the mail adapter's own patience
FEED_BACK = timedelta(days=90)  # ours: what a calendar program may still not have heard of, cancellations above all
FEED_MOST = 500  # ours: 250 kB
FEED_AGE_S = 900  # ours: four readings an hour at most
