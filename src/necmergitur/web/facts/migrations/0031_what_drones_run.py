"""What a drone says it is flown by and looks with, for whoever assesses its camera."""

from django.db import migrations

SQL = "ALTER TABLE drone_state ADD COLUMN software text NOT NULL DEFAULT '';"


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("facts", "0030_missing")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
