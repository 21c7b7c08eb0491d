"""A check-in that is erased takes along what was asked about its person, and the letters not sent yet."""

from django.db import migrations

UNTIED = """
CREATE FUNCTION population.untie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM population.message m USING population.tie t
    WHERE t.crisis_id = OLD.crisis_id AND t."right" = OLD.id AND m.crisis_id = t.crisis_id AND m.about = t."left";
  DELETE FROM population.tie t WHERE t.crisis_id = OLD.crisis_id AND t."right" = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER checkin_untied AFTER DELETE ON population.checkin
  FOR EACH ROW EXECUTE FUNCTION population.untie();
"""


class Migration(migrations.Migration):
    """Add the trigger."""

    dependencies = [("facts", "0036_allowances")]
    operations = [migrations.RunSQL(UNTIED, migrations.RunSQL.noop)]
