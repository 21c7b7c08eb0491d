"""What comes from one source is counted in every crisis, whichever of its services are open."""

from django.db import migrations

SQL = """
CREATE FUNCTION population.refuse_unless_of_crisis() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t LEFT JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL
               OR (c.purge_at IS NOT NULL AND clock_timestamp() >= c.purge_at)) THEN
    RAISE EXCEPTION 'population: its crisis is not kept' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER pace_taken ON population.pace;
CREATE TRIGGER pace_taken AFTER INSERT ON population.pace REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_unless_of_crisis();
"""


class Migration(migrations.Migration):
    """Change what the counting of paces rests on."""

    dependencies = [("facts", "0047_words_of_a_crisis")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
