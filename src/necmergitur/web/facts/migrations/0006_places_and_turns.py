"""An incident may be opened before its place is known, and a device's counters may start again."""

from django.db import migrations

SQL = """
-- Until it is placed, lon and lat are only where a map may show it.
ALTER TABLE incident ADD COLUMN placed boolean NOT NULL DEFAULT true;
-- 0, then one more each time the same counters come again as a new press.
ALTER TABLE signal ADD COLUMN turn integer NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX signal_press ON signal (device_id, boot_id, seq, turn);
ALTER TABLE signal DROP CONSTRAINT signal_device_id_boot_id_seq_key;
-- A button's label is a number in every language; what it is, its kind says.
UPDATE device SET label = id WHERE kind = 'personal' AND label = 'Personal button ' || id;
"""


class Migration(migrations.Migration):
    """Add both, and tell presses apart by their turn too."""

    dependencies = [("facts", "0005_responders"), ("facts", "0005_retention")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
