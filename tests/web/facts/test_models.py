"""Facts seen by Django: every column is there with its type, and none can be written."""

import psycopg
import pytest
from django.apps import apps
from django.db import models

from necmergitur.web.facts.models import NOT_MAPPED, Fact, FactIsReadOnly, Incident
from necmergitur.web.facts.models.base import TextJSONField

MODELS = [model for model in apps.get_app_config("facts").get_models() if issubclass(model, Fact)]
# Django field -> PostgreSQL types it reads faithfully.
TYPES = {
    models.UUIDField: {"uuid"},
    models.TextField: {"text"},
    models.BooleanField: {"boolean"},
    models.IntegerField: {"integer"},
    models.BigIntegerField: {"bigint"},
    models.FloatField: {"double precision", "real"},
    models.DateTimeField: {"timestamp with time zone"},
    models.JSONField: {"jsonb"},
    TextJSONField: {"json"},
    models.BinaryField: {"bytea"},
}


def columns(url: str, table: str) -> dict[str, tuple[str, bool]]:
    schema, _dot, name = qualified(table).partition(".")
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s",
            [schema, name],
        ).fetchall()
    return {name: (kind, nullable) for name, kind, nullable in rows}


def qualified(table: str) -> str:
    """A model of another schema names it in quotes that Django closes: `schema"."table`."""
    return table.replace('"', "") if '"' in table else f"public.{table}"


def mapped(model: type[Fact]) -> dict[str, models.Field]:
    return {field.column: field for field in model._meta.concrete_fields if field.column}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_has_exactly_the_columns_of_its_table_but_the_secret_ones(migrated_url: str, model: type[Fact]) -> None:
    table = model._meta.db_table
    assert set(mapped(model)) == set(columns(migrated_url, table)) - NOT_MAPPED.get(table, frozenset())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_column_has_the_type_and_nullability_of_its_field(migrated_url: str, model: type[Fact]) -> None:
    table = columns(migrated_url, model._meta.db_table)
    for name, field in mapped(model).items():
        kind, nullable = table[name]
        target = field.target_field if field.is_relation else field
        if target.get_internal_type() == "ArrayField":
            assert kind == "ARRAY", name
        else:
            assert kind in TYPES[type(target)], f"{name}: {kind}"
        assert nullable == field.null, name


def test_every_secret_left_out_exists(migrated_url: str) -> None:
    for table, names in NOT_MAPPED.items():
        assert names <= set(columns(migrated_url, table)), table


def test_no_model_reaches_the_holders_of_buttons() -> None:
    assert not [model for model in MODELS if "holder" in model._meta.db_table]


@pytest.mark.parametrize(
    "write",
    [
        lambda: Incident(number="1").save(),
        lambda: Incident(number="1").delete(),
        lambda: Incident.objects.create(number="1"),
        lambda: Incident.objects.filter(number="1").update(number="2"),
        lambda: Incident.objects.filter(number="1").delete(),
        lambda: Incident.objects.bulk_create([Incident()]),
    ],
)
def test_writing_a_fact_through_a_model_is_refused(write) -> None:
    with pytest.raises(FactIsReadOnly):
        write()


def test_the_pages_role_cannot_write_a_fact_either(migrated_url: str) -> None:
    with psycopg.connect(migrated_url) as connection:
        connection.execute("SET ROLE nec_web")
        for model in MODELS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"DELETE FROM {qualified(model._meta.db_table)}")
