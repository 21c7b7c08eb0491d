"""A notice may be an order to stay indoors around a place: open doors freeze there as long as everybody reads it."""

from django.db import migrations

SQL = """
ALTER TABLE city_notice ADD COLUMN indoors_lon double precision, ADD COLUMN indoors_lat double precision,
  ADD COLUMN indoors_m double precision CHECK (indoors_m BETWEEN 100 AND 10000),
  ADD CONSTRAINT city_notice_indoors CHECK (num_nonnulls(indoors_lon, indoors_lat, indoors_m) IN (0, 3));
"""


class Migration(migrations.Migration):
    """Add the place. Its guard lets nobody change it afterwards, as it lets nobody change a word."""

    dependencies = [("population", "0001_notices")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
