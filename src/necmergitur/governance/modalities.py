"""What a sensor may say at all: one closed type for each modality.

What has no type here cannot be taken in, stored or read: raw sound, a voice, a face, a biometric template. A bound,
not a proof: a number can carry a message, so how often a sensor may speak is bounded too (`governance.budget`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec

COUNT_MAX = 100_000  # more people than any square of a city holds
# Minutes since 1970: a date in the next two centuries.
MINUTE_MAX = 118_000_000


class CrowdCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many people were in one zone during one minute (minutes since 1970-01-01T00:00Z)."""

    count: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]
    minute: Annotated[int, msgspec.Meta(ge=0, le=MINUTE_MAX)]


class Advice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a solution on trial advises for one zone and minute: from 0, nothing to do, to 3, act now.

    `confidence`, in hundredths, is what it says of itself: it is kept and judges nothing.
    """

    level: Annotated[int, msgspec.Meta(ge=0, le=3)]
    minute: Annotated[int, msgspec.Meta(ge=0, le=MINUTE_MAX)]
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Modality(msgspec.Struct, frozen=True):
    """One kind of stream. `bits` is what one payload can tell at most; `body_max` its bytes at most.

    `personal`: the payload is about a person, so that each reading of it is itemised.
    """

    name: str
    payload_schema: str
    payload: type[msgspec.Struct]
    bits: int
    body_max: int
    personal: bool = False


# 17 bits of count and 27 of minute.
CROWD_COUNT = Modality("crowd_count", "crowd_count/1", CrowdCount, bits=44, body_max=64)
# 2 bits of level, 27 of minute, 7 of confidence.
ADVICE = Modality("advice", "advice/1", Advice, bits=36, body_max=64)
MODALITIES: Mapping[str, Modality] = MappingProxyType({m.name: m for m in (CROWD_COUNT, ADVICE)})
