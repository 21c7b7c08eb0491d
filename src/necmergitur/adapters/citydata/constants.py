"""Bounds on files from outside, refused before parsing."""

# Paris: 0.35 MB of quarters, 0.6 MB of streets. A hundred times that still parses in seconds.
MAX_QUARTERS_BYTES = 64 * 1024 * 1024
MAX_STREETS_BYTES = 128 * 1024 * 1024
# A whole country's zones are below 20 MB.
MAX_GEOZONES_BYTES = 64 * 1024 * 1024
# GeoJSON needs 9 levels (collection, features, feature, geometry, coordinates, 4 of arrays); ED-318 needs
# 11 with its collections. Twice that leaves room for foreign members.
MAX_JSON_DEPTH = 24
# Longest line of a street file: five numbers.
MAX_LINE_CHARS = 200
