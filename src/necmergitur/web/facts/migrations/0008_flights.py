"""What a drone refused to do, offers in a row a pilot left unanswered, when a drone was last sought."""

from django.db import migrations

COLUMNS = """
ALTER TABLE mission ADD COLUMN order_refused text NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN drone_tried_at timestamptz;
ALTER TABLE pilot_shift ADD COLUMN unanswered integer NOT NULL DEFAULT 0;
"""


class Migration(migrations.Migration):
    """Three columns, filled for old rows."""

    dependencies = [("facts", "0007_cameras")]
    operations = [migrations.RunSQL(COLUMNS)]
