"""What the city tells everybody on its first page: written by one person, approved by another, until an hour."""

from datetime import datetime

import msgspec


class Notice(msgspec.Struct, frozen=True):
    """A notice as it is shown. Both languages are written before anybody approves it."""

    id: int
    text_fr: str
    text_en: str
    approved_at: datetime
    until: datetime
