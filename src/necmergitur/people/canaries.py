"""People who do not exist, shown among those who do. Nobody has a reason to open one: whoever does is asked why.

Which one is shown depends on the question alone, so that the same question asked twice gives nobody away.
"""

import hmac

CANARY_BYTES = 8  # of a row's 16: the other half proves that we made it
GIVEN = (
    *("Alba", "Anselme", "Bertille", "Célestin", "Clovis", "Désirée", "Eugénie", "Fulbert", "Ghislaine", "Hortense"),
    *("Isidore", "Joachim", "Léopold", "Mathurin", "Ninon", "Octave", "Perrine", "Quentin", "Rosalie", "Séverin"),
)
FAMILY = (
    *("Aubrac", "Beauvoisin", "Castelnau", "Dampierre", "Estrées", "Froissart", "Grandpré", "Hautecombe", "Issarlès"),
    *("Jonquières", "Kermadec", "Lavardin", "Montreuil", "Noirmoutier", "Orsenne", "Puymorens", "Quercy", "Rochefort"),
)


def name_of(digest: bytes) -> str:
    """Return the name of the canary of a question, by a keyed digest of it."""
    return f"{GIVEN[digest[0] % len(GIVEN)]} {FAMILY[digest[1] % len(FAMILY)]}"


def id_of(digest: bytes, proof: bytes) -> bytes:
    """Return a canary's row: part of the question's digest, and the proof over it."""
    return digest[:CANARY_BYTES] + proof[:CANARY_BYTES]


def is_canary(row_id: bytes, proof: bytes) -> bool:
    """Return whether a row is one of ours, given the proof over its first half."""
    return hmac.compare_digest(row_id[CANARY_BYTES:], proof[:CANARY_BYTES])
