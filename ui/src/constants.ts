/** Every bound and delay of the islands, with where it comes from. */

/** A beat comes every second; three missed make the picture untrustworthy (contract of the live process). */
export const STALE_AFTER_MS = 3_000;
/** A connection silent this long is dead even if the browser has not noticed: take it down and dial again. */
export const REDIAL_AFTER_MS = 8_000;
export const WATCHDOG_EVERY_MS = 500;
/** First wait before dialling again, doubled each time up to the maximum, with half of it drawn at random so that
 * a hundred consoles do not come back in the same second. */
export const BACKOFF_FIRST_MS = 400;
export const BACKOFF_MAX_MS = 10_000;
/** A signed-out stream is asked again this rarely. */
export const SIGNED_OUT_RETRY_MS = 30_000;
export const FETCH_TIMEOUT_MS = 10_000;
/** Events waiting for one animation frame; past it a page asks for a fresh snapshot instead of growing. */
export const PENDING_EVENTS_MAX = 5_000;
/** Pages hidden by the browser get no animation frames: fold this often all the same. */
export const HIDDEN_FLUSH_MS = 1_000;
/** A tab that has said nothing for this long is gone (hidden tabs may be throttled to one timer a minute). */
export const TAB_SILENT_MS = 150_000;
export const TAB_PING_MS = 20_000;
export const TABS_MAX = 32;

/** Closed incidents and ended missions stay this long on the board (contract of /live/state). */
export const KEEP_CLOSED_MS = 10 * 60_000;

/** Deadlines of the acknowledgement ladder by escalation level: operator, lead, duty officer, everybody. */
export const LADDER_S: readonly [number, number, number, number] = [10, 30, 60, 60];

/** From acknowledged to acting (NFPA 1225:2022: processed within 60 s). */
export const ACTING_S = 60;

/** Queue rows: one height, so that only what is seen is in the page. Same as --qrow-height in board.css. */
export const ROW_HEIGHT_PX = 52;
export const ROWS_OVERSCAN = 6;
/** The order holds still this long after the pointer last moved over the queue, so that no row slips under a click. */
export const ORDER_HOLD_MS = 900;
/** Somebody who scrolled the queue or moved through it within this time is reading there. */
export const READING_HOLD_MS = 5_000;
export const PROPOSALS_SHOWN_MAX = 20;
export const QUIET_SHOWN_MAX = 50;

/** Advice on trial is no alarm: it is asked for again at the pace at which the worker hears it. */
export const ADVICE_REFRESH_MS = 10_000;

/** A panel is refetched at most twice a second. */
export const PANEL_REFRESH_MS = 500;

/** Hold to confirm a dangerous action. Same as the transition in hold.css. */
export const HOLD_MS = 1_000;
/** Who cannot hold (screen reader, voice) presses twice: not within the first, which is one press heard twice, and not
 * after the second, when the question is forgotten. */
export const CONFIRM_AFTER_MS = 400;
export const CONFIRM_WITHIN_MS = 8_000;
/** Sentences for a screen reader are gathered this long, and kept this long for it to pick up. */
export const ANNOUNCE_GATHER_MS = 150;
export const ANNOUNCE_KEEP_MS = 8_000;
/** `g` waits this long for its letter. */
export const CHORD_MS = 1_500;
/** A mute always ends by itself. */
export const MUTE_MS = 5 * 60_000;

/** Plots keep the last five minutes of each drone at one reading a second. */
export const TELEMETRY_KEEP_MS = 5 * 60_000;
export const TELEMETRY_POINTS_MAX = 300;
export const TRAIL_POINTS_MAX = 60;
/** Drones remembered at once; a city has 240. */
export const DRONES_MAX = 1_000;
/** Slower than this a drone counts as standing, lower than this as landed. */
export const MOVING_M_S = 0.5;
export const ALOFT_M = 1;

/** Whether the picture may still be shown is asked this often: one that was refused leaves the page within it. */
export const PICTURE_ASK_MS = 3_000;
export const PICTURE_ASK_TIMEOUT_MS = 2_500;
/** A browser that is still looking for its own addresses after this long sends those it has. */
export const ICE_GATHER_MS = 1_000;

/** Buttons appear from this zoom on (20,000 of them at city scale would be noise). */
export const BUTTONS_MIN_ZOOM = 13.5;
export const PLACE_LABELS_MIN_ZOOM = 12.5;

/** The pilot's shift bar and colleagues are read again at least this often. */
export const DESK_REFRESH_MS = 30_000;
/** An offer to a pilot lasts this long (dispatch rule). */
export const OFFER_S = 10;

/** Personal button: repeat until the lamp, then ask whether somebody has seen it. */
export const PRESS_REPEAT_FIRST_MS = 1_000;
export const PRESS_REPEAT_MAX_MS = 8_000;
export const SEEN_POLL_MS = 2_000;
export const SEEN_POLL_SLOW_MS = 10_000;
export const SEEN_POLLS_FAST = 60;
/** The press leaves after this long even if no position is known yet; a position found later completes it. */
export const POSITION_WAIT_MS = 1_000;
/** A cold satellite receiver needs half a minute; the call has left long before. */
export const POSITION_TIMEOUT_MS = 60_000;

/** Field actions waiting for a network. */
export const OUTBOX_MAX = 200;
export const OUTBOX_RETRY_MS = 5_000;
export const FIELD_REFRESH_MS = 5_000;
/** What a responder reads is called old from this age on: three refreshes missed. */
export const FIELD_OLD_MS = 15_000;
