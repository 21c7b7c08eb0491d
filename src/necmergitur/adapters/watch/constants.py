"""Bounds of the watch's reading and fetching, each with its source."""

from datetime import timedelta

BODY_BYTES_MAX = 16_000_000  # ours: as sent; a month of a busy feed is one megabyte
TEXT_BYTES_MAX = 64_000_000  # ours: once unpacked; beyond, a body is a bomb
ENTRIES_MAX = 2_000  # ours: of one body; what is beyond comes with the next page or the next day
ELEMENTS_MAX = 2_000_000  # ours: of one XML document, whatever they are
DEPTH_MAX = 100  # ours: eForms nest 14 deep, patents 12
TITLE_CHARS_MAX = 300  # ours: a lead's title is cut to 160 of them
SUMMARY_CHARS_MAX = 4_000  # ours: as long as a need
URL_CHARS_MAX = 500  # ours: as a lead's address
IDENTIFIER_CHARS_MAX = 300  # ours: a longer one names nothing
IDENTIFIERS_MAX = 8  # ours: of one entry
ABSTRACT_WORDS_MAX = 5_000  # ours: an inverted index names places; no more are believed
FUTURE_MAX = timedelta(days=2)  # ours: a date further ahead is a mistake, and is read as today
BLOCK_CHARS_MIN = 40  # ours: shorter parts of a page are menus, dates and buttons
NEWS_CHARS_MIN = 60  # ours: what a page must say anew to make news
BLOCKS_MAX = 600  # ours: parts of a page remembered
PAGES_MAX = 10  # ours: of one source, followed in one turn (resumption tokens, cursors)

REDIRECTS_MAX = 5  # RFC 9110 15.4 leaves it to us; RFC 9309 2.3.1.2: at least five for robots.txt
FETCH_S_MAX = 30.0  # ours: from the first byte asked to the last one read
PACE_S = 5.0  # ours: between two questions to one host
PACE_S_MAX = 60.0  # ours: a longer crawl-delay is kept by asking once a turn
ROBOTS_BYTES_MAX = 512_000  # RFC 9309 2.5: at least 500 KiB are read
ROBOTS_KEPT = timedelta(hours=24)  # RFC 9309 2.4

CHILD_MEMORY_BYTES_MAX = 1_000_000_000  # ours: address space; 16 MB of a feed take a quarter of it
CHILD_CPU_S_MAX = 20  # ours: 16 MB of a feed take some three
CHILD_S_MAX = 60.0  # ours: the same, on a processor that others use too
FOLLOWING_CHARS_MAX = 2_000  # ours: an address, or a token, that a next page is asked with
