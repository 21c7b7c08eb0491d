"""Bounds and weights of matching, each with its source."""

BM25_K1 = 1.2  # Robertson and Zaragoza 2009, section 3.3: between 1.2 and 2
BM25_B = 0.75  # the same
# Ours, from our own development set (docs/how-to/matching.md): pieces of words find what stems miss, at the price of
# near namesakes, so they order little; vectors find what shares no word.
PIECES_WEIGHT = 0.35
VECTORS_WEIGHT = 0.15
PIECE_SIZES = (3, 4)
NEAR = 200  # ours: candidates that are measured closely, of any number
BEST_OF_EXPERT = 3  # the published gold standard's texts: the mean of three beats the mean of all, and the best alone
TEXT_CHARS_MAX = 20_000  # ours: what a reader reads of a text before judging what it is about
