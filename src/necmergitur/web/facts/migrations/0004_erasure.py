"""A sealed part may be erased: the hash covers a commitment to it (form 2), never the sealed bytes themselves.

Facts of form 1, written before this migration, keep their sealed bytes: their day's key is what can be destroyed.
"""

from django.db import migrations

SQL = """
ALTER TABLE ledger_event ADD COLUMN personal_hash bytea CHECK (length(personal_hash) = 32),
  ADD COLUMN form smallint NOT NULL DEFAULT 1,
  ADD CHECK (form = 1 OR personal IS NULL OR personal_hash IS NOT NULL);
-- What is still to be erased, by age.
CREATE INDEX ledger_event_sealed ON ledger_event (seq) WHERE personal IS NOT NULL AND form > 1;

CREATE OR REPLACE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.form > 1 AND OLD.personal IS NOT NULL AND NEW.personal IS NULL
      AND (NEW.seq, NEW.stream, NEW.version, NEW.kind, NEW.recorded_at, NEW.authorisation_id, NEW.actor,
           NEW.payload::text, NEW.personal_hash, NEW.form, NEW.prev_hash, NEW.hash)
        IS NOT DISTINCT FROM
          (OLD.seq, OLD.stream, OLD.version, OLD.kind, OLD.recorded_at, OLD.authorisation_id, OLD.actor,
           OLD.payload::text, OLD.personal_hash, OLD.form, OLD.prev_hash, OLD.hash) THEN
      RETURN NEW;  -- erased: every hash still holds
    END IF;
  END IF;
  RAISE EXCEPTION 'ledger: facts are never changed' USING ERRCODE = 'NM003';
END $$;
"""

# Erasing is all that a writer may do to what it wrote.
GRANTS = """
GRANT UPDATE (personal) ON ledger_event TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add the form and the commitment; open the one change that may happen to a fact."""

    dependencies = [("facts", "0003_guards")]
    operations = [migrations.RunSQL(SQL), migrations.RunSQL(GRANTS)]
