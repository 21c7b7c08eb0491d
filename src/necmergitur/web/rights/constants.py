"""Bounds of the rights room, each with its source."""

from datetime import timedelta

CODE_BYTES = 24  # 192 random bits: nobody guesses another's request
WORDS_MAX = 2_000  # ours: a page
CREDENTIAL_LENGTH_MAX = 200  # ours: several times what we hand out
ASKED_MAX = 10  # ours: from one address in ten minutes; a town hall's desk helps that many people
# Ours: the credential was shown just before; a telephone left on a table tells nobody later.
SHOWN_LASTS = timedelta(minutes=30)
# CNIL, "Droit d'accès": an answer stays within reach as long as its reader may need it. Ours: a month to fetch it.
EXPORT_LASTS = timedelta(days=30)
# Ours: who asked and what was said is kept a year after the answer, within which a complaint is usually made (CNIL);
# then a row of dates and articles stays.
KEPT = timedelta(days=365)
LISTED_MAX = 200  # ours: as many as a desk reads
