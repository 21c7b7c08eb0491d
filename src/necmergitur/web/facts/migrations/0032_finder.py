"""What the finder reads, quickly; and that it is told of whom to forget."""

from django.db import migrations

FINDER = """
-- Rows come in the order of their instant, nearly: an index of a few pages finds the newest.
CREATE INDEX checkin_changed ON population.checkin USING brin (changed_at)
  WITH (pages_per_range = 16, autosummarize = on);

-- Tells the finder to forget a row. A table of people is given this trigger with its kind as argument.
CREATE FUNCTION population.tell_finder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('nec_finder', OLD.crisis_id || ' ' || TG_ARGV[0] || ' ' || encode(OLD.id, 'hex'));
  RETURN NULL;
END $$;
CREATE TRIGGER checkin_gone AFTER DELETE ON population.checkin
  FOR EACH ROW EXECUTE FUNCTION population.tell_finder('checkin');
"""


class Migration(migrations.Migration):
    """Add an index and a trigger to check-ins."""

    dependencies = [("facts", "0031_what_drones_run")]
    operations = [migrations.RunSQL(FINDER, migrations.RunSQL.noop)]
