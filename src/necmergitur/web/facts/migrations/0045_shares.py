"""A link to share is its row's name enciphered: no column says it, and no index finds it."""

from django.db import migrations

SHARES = """
DROP INDEX population.checkin_share;
ALTER TABLE population.checkin DROP COLUMN share;
"""


class Migration(migrations.Migration):
    """Drop the column. Links to share that were given before open nothing."""

    dependencies = [("facts", "0044_pictures_to_readers")]
    operations = [migrations.RunSQL(SHARES, migrations.RunSQL.noop)]
