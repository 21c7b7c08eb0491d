"""What every mapped fact shares: it can be read, and nothing else."""

from typing import Any, NoReturn

from django.db import models

# Table -> columns no page reads.
NOT_MAPPED: dict[str, frozenset[str]] = {
    "city": frozenset({"one"}),
    "device": frozenset({"credential_hash", "duress_hash", "cancel_hash"}),
    "drone": frozenset({"signing_key", "link_url", "camera_url", "system_id"}),
    "incident": frozenset({"places_erased_at", "texts_erased_at"}),
    "ledger_event": frozenset({"personal", "personal_hash", "form", "prev_hash", "hash"}),
    "reading": frozenset({"salt", "leaf", "key_id", "sealed"}),
    "still": frozenset({"sealed", "key_id"}),
    "still_view": frozenset({"reader", "purpose"}),
}


class FactIsReadOnly(TypeError):
    """A page tried to write a fact. Facts are written by operations, through the gate."""


class FactQuerySet(models.QuerySet[Any]):
    """Reads only."""

    def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        raise FactIsReadOnly(f"{self.model.__name__} is written by operations")

    create = update = delete = bulk_create = bulk_update = get_or_create = update_or_create = _refuse


class Fact(models.Model):
    """The base of every mapped fact."""

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        managed = False

    def save(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse: facts are written by operations."""
        raise FactIsReadOnly(type(self).__name__)

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse: facts are never deleted."""
        raise FactIsReadOnly(type(self).__name__)


def link(to: str, **options: Any) -> Any:
    """Return a foreign key that joins and constrains nothing (the SQL migration does)."""
    return models.ForeignKey(to, models.DO_NOTHING, related_name="+", db_constraint=False, **options)


def text_or_null() -> Any:
    """Return a text column that the schema lets be absent."""
    return models.TextField(null=True)


class TextJSONField(models.JSONField):
    """A `json` column (kept byte for byte, unlike jsonb): psycopg has already decoded it."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return what the driver decoded."""
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value
