"""One part for each responder in an incident, and a quick way to what was merged into it."""

from django.db import migrations

# Where a race had made two, the one last changed keeps its responder; both keep their facts.
ONE_PART = """
UPDATE responder_task t SET user_id = NULL WHERE EXISTS (
  SELECT FROM responder_task o WHERE o.incident_id = t.incident_id AND o.user_id = t.user_id
    AND (o.changed_at, o.id) > (t.changed_at, t.id));
CREATE UNIQUE INDEX responder_task_one ON responder_task (incident_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;
"""


class Migration(migrations.Migration):
    """Indexes only."""

    dependencies = [("facts", "0004_erasure")]
    operations = [migrations.RunSQL(ONE_PART, migrations.RunSQL.noop)]
