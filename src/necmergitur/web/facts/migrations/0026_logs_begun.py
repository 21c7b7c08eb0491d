"""Which public logs were ever signed over this record: a name is begun once, whatever became of its tiles."""

from django.db import migrations

TABLE = """
CREATE TABLE public_log (name text PRIMARY KEY, begun_at timestamptz NOT NULL DEFAULT now());
GRANT SELECT ON public_log TO nec_web, nec_ledger;
GRANT INSERT (name) ON public_log TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add one table."""

    dependencies = [("facts", "0025_rooted_before_erased")]
    operations = [migrations.RunSQL(TABLE, migrations.RunSQL.noop)]
