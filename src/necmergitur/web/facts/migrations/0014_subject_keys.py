"""Make what names subjects' keys: it must be in every copy of the keys, or a restored one could not be held to the list."""

from django.db import migrations

# 122 random bits each (RFC 9562 5.4), two of them through SHA-256: the full strength of the digest's key.
SQL = """
INSERT INTO holders.data_key (key_id, key)
  VALUES ('names', sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea)) ON CONFLICT DO NOTHING;
-- Destroyed keys leave dead rows behind: they are cleared within a minute, not once a fifth of the table is dead.
ALTER TABLE holders.data_key SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);
"""


class Migration(migrations.Migration):
    """One row, and how soon dead ones go."""

    dependencies = [("facts", "0013_proposed_terms")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
