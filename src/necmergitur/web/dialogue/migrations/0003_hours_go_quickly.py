"""The guard of counted votes looks only at what it judges: erasing the hours of a large dialogue took many seconds."""

from django.db import migrations

SQL = """
DROP TRIGGER dialogue_vote_counted ON dialogue_vote;
CREATE TRIGGER dialogue_vote_counted BEFORE INSERT OR DELETE ON dialogue_vote
  FOR EACH ROW EXECUTE FUNCTION dialogue_vote_counted();
CREATE TRIGGER dialogue_vote_turned BEFORE UPDATE ON dialogue_vote FOR EACH ROW
  WHEN (NEW.cast_at IS NOT NULL OR (NEW.id, NEW.statement_id, NEW.voter, NEW.choice) IS DISTINCT FROM
    (OLD.id, OLD.statement_id, OLD.voter, OLD.choice))
  EXECUTE FUNCTION dialogue_vote_counted();
"""
BACK = """
DROP TRIGGER dialogue_vote_turned ON dialogue_vote;
DROP TRIGGER dialogue_vote_counted ON dialogue_vote;
CREATE TRIGGER dialogue_vote_counted BEFORE INSERT OR UPDATE OR DELETE ON dialogue_vote
  FOR EACH ROW EXECUTE FUNCTION dialogue_vote_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("dialogue", "0002_counted")]
    operations = [migrations.RunSQL(SQL, BACK)]
