"""A danger area of open doors may stand as long as a call is open, and is lifted with it."""

from django.db import migrations

SQL = "ALTER TABLE population.closed_area ADD COLUMN incident_id uuid;"


class Migration(migrations.Migration):
    """Add the call."""

    dependencies = [("facts", "0042_crises_as_authorisations")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
