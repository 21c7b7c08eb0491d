"""Telephones of those who asked, or look for somebody, are told of an answer; they go with the question or the notice."""

from django.db import migrations

SQL = """
ALTER TABLE population.phone DROP CONSTRAINT phone_why_check, ADD CONSTRAINT phone_why_check CHECK (why IN (1, 2, 3));
CREATE TRIGGER question_unfollowed AFTER DELETE ON population.question
  FOR EACH ROW EXECUTE FUNCTION population.unfollow();
CREATE TRIGGER person_unfollowed AFTER DELETE ON population.person
  FOR EACH ROW EXECUTE FUNCTION population.unfollow();
"""


class Migration(migrations.Migration):
    """Add a reason, and two triggers."""

    dependencies = [("facts", "0048_paces")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
