"""Bounds of the pages where parties enrol and sign, each with its source."""

# Ours: from one address in ten minutes, as other public forms are limited. Three parties who sign in one room, with a
# few fingers that are not read, stay well below; a machine that tries signatures does not.
ATTEMPTS_MAX = 30
