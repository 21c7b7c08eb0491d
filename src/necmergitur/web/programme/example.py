"""By what the demonstration's worked example is known: its two needs, and the vendor's key that waits."""

FIRST = "Savoir à temps que le parvis de la salle est trop plein (démonstration)"
TITLE = "Know in time that the square in front of a stadium is too full (demonstration)"
KEY = "V-002"  # of the vendor in the visitor's experiment
PLAYED = "played"  # the edition that a demonstration plays by itself, by its address
