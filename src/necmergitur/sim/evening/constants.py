"""Figures of the simulated evening, each with its source."""

from necmergitur.signals.press import Kind

# --- people ---
# The offer fills the pilot's screen with one key to press; choice reaction with reading takes 2 to 4 s
# (Hick 1952; alarm response studies in EEMUA 191 use the same order). Log-normal, as reaction times are.
PILOT_MEDIAN_S = 3.0
PILOT_SIGMA = 0.5  # ours: 15 % take more than 5 s
PILOT_RESUMES_S = 120.0  # ours: a pilot whose offers paused sees it and resumes
PILOT_IGNORES_SHARE = 0.02  # ours: one offer in fifty runs out
OPERATOR_SEES_S = (2.0, 6.0)  # NFPA 1225:2022: 90 % answered within 10 s
OPERATOR_SLOW_SHARE = 0.03  # ours: one call in thirty
OPERATOR_SLOW_S = 15.0  # past the first deadline, so that escalation runs too
OPERATOR_ACKNOWLEDGES_S, OPERATOR_ACTS_S = 5.0, 12.0  # after having seen

# --- callers ---
RESENT_SHARE = 0.10  # a device that repeats until its lamp is lit
RESENT_AFTER_S = 1.0  # ours: a lamp that was late
PRESSED_AGAIN_SHARE = 0.05  # ours: one caller in twenty
PRESSED_AGAIN_AFTER_S = 4.0  # ours: who sees nothing happen presses again
WITNESS_SHARE = 0.03  # somebody at the next post calls for the same thing
WITNESS_AFTER_S = (15.0, 60.0)  # ours
WITNESS_WITHIN_M = 60.0  # ours: about the spacing of posts
PERSONAL_BUTTONS = 4_000  # ours: one for every five posts
KINDS: tuple[Kind, ...] = ("sos", "medical", "fire", "violence")  # those that seek a drone
KIND_WEIGHTS = (60, 25, 5, 10)  # ours

# --- missions ---
GIVEN_UP_AFTER_S = 1_800.0  # nobody came in half an hour: the incident is closed and counted as not served
WIND_M_S = 4.0  # mean of Paris at 10 m (Météo-France normals: 3 to 4 m/s)
LANDING_S = 25.0  # 60 m down at 3 m/s and the last 5 m at 1 m/s (sim.fleet.constants)

# --- engine ---
RETRY_S = 1.25  # engine.rules.RETRY_REFUSED_S
CALL_BACK_S = 1.0  # engine.rules.CALL_BACK_S
