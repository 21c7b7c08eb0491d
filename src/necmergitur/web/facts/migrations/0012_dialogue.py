"""Dialogues enter the record: their opening, the city's answers, their closing."""

from django.db import migrations

SQL = "INSERT INTO ledger_scope VALUES ('dialogue', '*', '{governance}');"


class Migration(migrations.Migration):
    """One line more in the law of who may write what."""

    dependencies = [("facts", "0011_signed_papers")]
    operations = [migrations.RunSQL(SQL, "DELETE FROM ledger_scope WHERE stream = 'dialogue';")]
