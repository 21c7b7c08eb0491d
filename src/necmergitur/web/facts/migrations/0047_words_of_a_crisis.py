"""Who else reads what people say in a crisis: they themselves, everybody where its author says so, our own processes."""

from django.db import migrations

SQL = """
INSERT INTO personal_access (what, purpose, reader, law, live, service)
SELECT 'case', p, 'liaison', 'crisis', false, 'doors' FROM unnest('{answer_call,abuse}'::text[]) p
UNION ALL SELECT 'case', 'queue', r, 'crisis', false, 'doors' FROM unnest('{operator,lead,duty_officer,liaison}'::text[]) r
UNION ALL VALUES
  ('allowance', 'oversee', 'liaison', 'crisis', false, ''),
  ('allowance', 'oversee', 'lead', 'crisis', false, ''),
  ('allowance', 'oversee', 'duty_officer', 'crisis', false, ''),
  ('words', 'own_data', 'person', 'crisis', false, ''),
  ('shelter', 'own_data', 'person', 'crisis', false, 'doors'),
  ('notices', 'look_for_people', 'public', 'crisis', false, 'find'),
  ('words', 'tell_relatives', 'worker', 'crisis', false, ''),
  ('questions', 'tell_relatives', 'worker', 'crisis', false, 'find'),
  ('notices', 'duplicate', 'worker', 'crisis', false, 'find'),
  ('shelter', 'bring_together', 'worker', 'crisis', false, 'doors'),
  ('names', 'look_for_people', 'finder', 'crisis', false, '');
"""


class Migration(migrations.Migration):
    """Add their lines."""

    dependencies = [("facts", "0046_emptied")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
