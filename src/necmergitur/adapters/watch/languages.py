"""Which language a text is in, by the small words of each; nothing is said where they do not tell."""

import re
from types import MappingProxyType

_SMALL = """
fr le la les des du une est dans pour par sur avec qui que aux cette sont nous vous au ou et
en the of and to in is for that with on are this by from which be as it an was
de der die das und den dem ein eine ist mit für von zu auf im des nicht sich auch wird
es el los las una que del para con por en es y se como más su al este entre
it il lo gli della di che per con una del nel sono alla dei delle è e come più si
nl de het een van en in is op voor met dat die zijn niet aan te door bij wordt ook
pt o os as uma que do da dos das para com por em é não se ao mais como na no
"""
WORDS = MappingProxyType({line[:2]: frozenset(line[3:].split()) for line in _SMALL.strip().splitlines()})
SEEN_CHARS = 2_000
HITS_MIN = 2  # ours: one small word may be a name
_WORD = re.compile(r"[^\W\d_]+")


def detect(text: str) -> str:
    """Return two letters, or nothing."""
    words = _WORD.findall(text[:SEEN_CHARS].lower())
    hits = {language: sum(word in small for word in words) for language, small in WORDS.items()}
    best, second = sorted(hits.values(), reverse=True)[:2]
    if best < HITS_MIN or best == second:
        return ""
    return next(language for language, count in hits.items() if count == best)
