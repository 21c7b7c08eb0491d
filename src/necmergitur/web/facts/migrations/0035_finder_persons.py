"""The finder is told of notices to forget, as it is of check-ins."""

from django.db import migrations


class Migration(migrations.Migration):
    """Add a trigger to people looked for."""

    dependencies = [("facts", "0034_looks")]
    operations = [
        migrations.RunSQL(
            """
CREATE TRIGGER person_gone AFTER DELETE ON population.person
  FOR EACH ROW EXECUTE FUNCTION population.tell_finder('person');
""",
            migrations.RunSQL.noop,
        )
    ]
