"""Places and words of calls stand on the list of what may be read: in the room, in the street, at partners'."""

from django.db import migrations

SQL = """
INSERT INTO personal_access (what, purpose, reader, law, live)
SELECT 'calls', 'answer_call', r, 'call_for_help', false FROM unnest('{operator,lead,duty_officer,pilot}'::text[]) r
UNION ALL SELECT 'calls', 'go', r, 'call_for_help', false FROM unnest('{operator,lead,duty_officer,responder}'::text[]) r
UNION ALL SELECT 'calls', 'inform_partner', 'partner', 'call_for_help', false;
"""


class Migration(migrations.Migration):
    """Add the lines."""

    dependencies = [("facts", "0049_answers_told")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
