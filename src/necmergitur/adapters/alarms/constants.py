"""Bounds of the alarm receivers, each with its source."""

# SIA DC-09-2013 5.5: the length header has three hexadecimal digits of use; encrypted lines stay well below.
DC09_LINE_BYTES_MAX = 2_048
# Panels of one city's partners; each holds one connection at most, and may come back at once. One more, and the
# address that holds most loses its idlest.
DC09_CONNECTIONS_MAX = 256
# A panel sends its event within a moment of connecting; a polled link (NULL messages) within this.
DC09_SILENCE_S_MAX = 300.0
# A receiver that is slower than this has lost the panel: DC-09 panels repeat after 20 s by default.
DC09_TAKE_S_MAX = 15.0
# ChirpStack repeats gateway metadata for each gateway that heard the frame: 16 gateways take under 12 kB.
UPLINK_BYTES_MAX = 16_384
