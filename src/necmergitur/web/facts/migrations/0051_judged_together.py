"""Facts of one statement are judged together: row by row, looking up their papers was a fifth of what facts cost here.

The same questions in the same order (NM001, NM002, NM007), asked once for all rows of the statement, before it ends: one
that may not stand takes the whole statement with it, as before. Signals keep their own trigger, row by row.
"""

from django.db import migrations

SQL = """
CREATE FUNCTION ledger_refuse_unauthorised_facts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
  SELECT f.authorisation_id, f.recorded_at, a.law, a.in_force INTO bad
  FROM fresh f
  LEFT JOIN LATERAL (
    SELECT CASE p.kind WHEN 'standing' THEN p.modality ELSE p.kind END AS law,
      p.kind = 'standing' OR (p.revoked_at IS NULL AND p.suspended_at IS NULL
        AND f.recorded_at >= p.valid_from AND f.recorded_at < p.valid_until
        AND f.recorded_at BETWEEN clock_timestamp() - public.guard_clock_drift()
          AND clock_timestamp() + public.guard_clock_drift()) AS in_force
    FROM public.authorisation p WHERE p.id = f.authorisation_id
  ) AS a ON true
  WHERE a.law IS NULL OR a.in_force IS NOT TRUE
    OR (SELECT a.law = ANY(s.laws) FROM public.ledger_scope s
        WHERE s.stream = split_part(f.stream, ':', 1) AND s.fact IN (f.kind, '*')
        ORDER BY s.fact = '*' LIMIT 1) IS NOT TRUE
  ORDER BY f.seq LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF bad.law IS NULL THEN
    RAISE EXCEPTION 'ledger: unknown authorisation %', bad.authorisation_id USING ERRCODE = 'NM001';
  END IF;
  IF bad.in_force IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: authorisation % is not current at %', bad.authorisation_id, bad.recorded_at
      USING ERRCODE = 'NM002';
  END IF;
  RAISE EXCEPTION 'ledger: % may not carry this fact', bad.law USING ERRCODE = 'NM007';
END $$;
DROP TRIGGER ledger_authorised ON ledger_event;
CREATE TRIGGER ledger_authorised AFTER INSERT ON ledger_event REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_unauthorised_facts();
-- Looked at when the transaction commits: before, the trigger has said in its own words what is wrong (NM001).
ALTER TABLE ledger_event ALTER CONSTRAINT ledger_event_authorisation_id_fkey DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    """One trigger for another."""

    dependencies = [("facts", "0050_calls_in_clear")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
