"""The worker delivers webhooks with the ledger's role: it reads endpoints, keeps deliveries, and makes neither up."""

from django.db import migrations

GRANTS = """
GRANT SELECT ON webhook_endpoint TO nec_ledger;
GRANT UPDATE (disabled_at, disabled_reason) ON webhook_endpoint TO nec_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_delivery TO nec_ledger;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Rights only."""

    dependencies = [("api", "0001_api"), ("facts", "0001_facts")]
    operations = [migrations.RunSQL(GRANTS, migrations.RunSQL.noop)]
