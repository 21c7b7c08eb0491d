"""History of accounts only grows: PostgreSQL itself refuses to change or remove a line."""

from typing import ClassVar

from django.db import migrations

GUARD = """
CREATE FUNCTION account_event_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'account_event only grows' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER account_event_is_history BEFORE UPDATE OR DELETE ON account_event
  FOR EACH ROW EXECUTE FUNCTION account_event_is_history();
"""
UNGUARD = """
DROP TRIGGER account_event_is_history ON account_event;
DROP FUNCTION account_event_is_history();
"""


class Migration(migrations.Migration):
    """Guard account_event."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0001_accounts")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.RunSQL(GUARD, UNGUARD)]
