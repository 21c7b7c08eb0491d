"""Bounds and weights of matching and of trials, each with its source."""

from datetime import timedelta

# Robertson and Zaragoza 2009, section 3.3: from 1.2 to 2.
BM25_K1 = 1.2
BM25_B = 0.75  # Robertson and Zaragoza 2009, section 3.3: from 0.5 to 0.8
SAID_MAX = 3  # ours: what a question says thrice it does not say louder by repeating it
# Ours, from our own development sets (docs/benchmarks.md, matching): pieces of words find what stems miss, at the price
# of near namesakes, so they order little.
PIECES_WEIGHT = 0.35
# Ours, from the same: vectors find what shares no word, and know little of long texts.
VECTORS_WEIGHT = 1.0
VECTORS_NOTHING = 0.8  # measured on the same: the cosine this model gives texts that have nothing in common
PIECE_SIZES = (3, 4)  # ours: the shortest that tell a root from an ending
PIECES_CHARS_MAX = 4_000  # ours: two pages are what a text is about
PIECES_BITS = 18  # ours: pieces are told apart by so many bits of their checksum: 262,144 of them
PIECES_SAMPLE = 1_000  # ours: texts from which is learned how rare a piece is
# Ours: of many texts, how many are measured closely for one question: those with the best words, and vectors.
NEAR = 50
WHOLE_MAX = 2_000  # ours: so many are all measured closely, those that share no whole word with it too
OPEN_MAX = 512  # ours: texts kept in lists before they are packed; packing them takes about 15 ms
PIECES_KEPT_MAX = 8_192  # ours: texts whose pieces are kept, about 100 MB
# Below these a match is weak whatever its rank: measured on the 992 wrong pairs of our own set (docs/benchmarks.md).
SHARE_STRONG = 0.1  # ours, from the same: 3 of 1,000 wrong pairs share so much of what is asked, in two words or more
SHARED_WORDS_MIN = 2  # ours: one word in common says nothing yet of what a text is about
# Ours, from the same: so much nearer than is usual for the two are 2 in 100 wrong pairs, and half of the right ones.
NEARER_STRONG = 0.01
# Ours, from the same: 27 of 32 needs told in two languages are so much nearer than usual, 3 of 1,000 others are.
NEARER_ALIKE = 0.07
ASKED_WORDS_MAX = 30  # ours: of a question of more words, so many are asked of a text to say all of it
BEST_OF_EXPERT = 3  # published with the gold standard's texts: three are better than all, and than the best alone
# Ours, from our own development sets (docs/benchmarks.md, matching): a text is read with half as much again of what the
# ten nearest to it say.
NEIGHBOURS = 10
EXPANSION_WEIGHT = 0.5  # ours, from the same: more helps there too, and blurs texts of one field
EXPANSION_ROWS = 512  # ours: rows held at once against all texts, 2 kB for each of them
EXPERT_VECTORS_WEIGHT = 1.0  # ours, from the same: as much as words
TEXT_CHARS_MAX = 20_000  # ours: what a reader reads of a text before judging what it is about
LANGUAGE_WORDS = 400  # ours: a page says which language it is in
WORDS_KEPT_MAX = 500_000  # ours: more different words than a language has, with its typing errors
SIMHASH_BITS = 64  # Manku, Jain and Das Sarma 2007
# Ours: 3 in Manku, Jain and Das Sarma 2007, for whole pages. Of items of sixty words, 95 in 100 with one word changed
# are within 8; of 41,905 pairs of different texts none was within 7, one in 10,000 within 11.
SIMHASH_NEAR_BITS = 8
VECTORS_BLOCK = 4_096  # ours: vectors are kept in blocks, so that one more never copies the others (6 MB each)
HUBS = 10  # Conneau and others 2018, section 2.3: the ten nearest say how near a text is to everything
# Article 37-1 of the Constitution and organic law 2021-467 know experiments of years; ours end within one, as their
# papers do (EXPERIMENT_DAYS_MAX): then people decide again.
TRIAL_LONGEST = timedelta(days=366)
HYPOTHESES_MAX = 12  # ours: more nobody can answer with one trial
TEXT_MAX = 1_000  # ours: a hypothesis is a sentence or two
REASON_MAX = 400  # ours, as for every stage of the chain
FULL_MAX = 100_000  # as many people as a count may tell of (governance.modalities)
SOURCES_MAX = 20  # ours: more keys than any trial of one vendor needs
TOLERANCE_S_MAX = 3_600  # ours: an advice an hour away from what was seen is about something else
OPERATORS_MAX = 1_000  # ours: the largest control room
SAMPLE_MAX = 100_000  # ours: judged alarms; beyond, the trial is an office
COST_CENTS_MAX = 1_000_000_000  # ours: ten million euros in one entry is a slip of the hand
# Ours: alarms of one source with less than this between them are one alarm (a source speaks about once a minute).
ALARM_GAP = timedelta(minutes=2)
ADVICE_AT_ONCE = 200  # ours: facts of one append; presses wait behind it
