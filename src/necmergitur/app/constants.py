"""Every bound of the supervisor, with its source."""

# A killed process is replaced within half a second, its own start aside (the fault benchmark counts on it).
RESTART_S_FIRST = 0.1
# A crash loop costs at most one start per 10 s, and a mended cause is noticed within that.
RESTART_S_MAX = 10.0
# A life longer than this was a good one: the next death starts from the shortest pause again.
STEADY_S = 30.0
# During the first start a process that fails this often has a cause that only a person can mend.
FIRST_TRIES_MAX = 3
# A cold embedded PostgreSQL takes 4 s on a slow disk, recovery after a crash well under a minute.
READY_S_MAX = 60.0
# Ctrl-C stops everything within 10 s: three stages of ours at 2 s each leave the database its share.
STOP_S_MAX = 2.0
# Importing a city of 20,000 buttons and siting 240 docks takes a minute on two busy cores (measured).
TASK_S_MAX = 600.0
LAST_WORDS_S_MAX = 1.0  # ours: what a dying process still had in its pipe
POLL_S = 0.02  # ours: fifty looks a second cost nothing during a start
LAST_LINES = 15  # ours: what fits a screen beside the error
LINE_BYTES_MAX = 64 * 1024  # ours: a log line is under 4 kB; beyond this it is dropped whole
# sd_notify(3) messages are a few variables; a datagram beyond a page is not one.
NOTIFICATION_BYTES_MAX = 4096
LOG_BYTES_MAX = 10 * 1024**2  # ours: with LOG_FILES_MAX, at most 60 MB for each process
LOG_FILES_MAX = 5  # ours: see LOG_BYTES_MAX
LINES_WAITING_MAX = 2_000  # ours: what a console that stands still may catch up on; the files hold everything
