"""Remember what retention has erased, so that it looks at each incident once."""

from django.db import migrations

SQL = """
ALTER TABLE incident ADD COLUMN places_erased_at timestamptz, ADD COLUMN texts_erased_at timestamptz;
CREATE INDEX incident_places_due ON incident (closed_at) WHERE places_erased_at IS NULL AND closed_at IS NOT NULL;
CREATE INDEX incident_texts_due ON incident (closed_at) WHERE texts_erased_at IS NULL AND closed_at IS NOT NULL;
-- Whatever is sealed, of either form: the day's key is destroyed when nothing under it is left.
DROP INDEX ledger_event_sealed;
CREATE INDEX ledger_event_sealed ON ledger_event (recorded_at) WHERE personal IS NOT NULL;
"""


class Migration(migrations.Migration):
    """Add the marks."""

    dependencies = [("facts", "0005_responders")]
    operations = [migrations.RunSQL(SQL)]
