"""PostgreSQL's own judgement of who reads something about a person: what, what for, as whom, of which call, and when.

NM013: a reading that nothing opens. The list of what may be read at all is the code's (`governance/accesses.py`), and a
test holds the two together. What is sealed is shown to nobody by a SELECT: a function shows it, to the transaction that
wrote down who reads it.
"""

from django.db import migrations

LIST = """
CREATE TABLE personal_access (
  what text NOT NULL,
  purpose text NOT NULL,
  reader text NOT NULL,
  law text NOT NULL CHECK (law IN ('call_for_help', 'governance')),
  live boolean NOT NULL,               -- only while the call is open
  PRIMARY KEY (what, purpose, reader)
);
INSERT INTO personal_access
SELECT 'holder', 'answer_call', r, 'call_for_help', true FROM unnest('{operator,lead,duty_officer}'::text[]) r
UNION ALL SELECT 'holder', 'own_data', r, 'governance', false FROM unnest('{person,dpo}'::text[]) r
UNION ALL SELECT 'still', 'answer_call', r, 'call_for_help', true
  FROM unnest('{operator,lead,duty_officer,pilot,responder_told}'::text[]) r
UNION ALL SELECT 'still', 'review_call', r, 'call_for_help', false
  FROM unnest('{operator,lead,duty_officer,pilot,responder_told}'::text[]) r;
GRANT SELECT ON personal_access TO nec_web, nec_ledger;

ALTER TABLE holders.opening ADD COLUMN reader text, ADD COLUMN purpose text;   -- NULL: of before
ALTER TABLE still_view ADD COLUMN reader text, ADD COLUMN purpose text;
CREATE INDEX opening_device ON holders.opening (device_id);
CREATE INDEX still_view_still ON still_view (still_id);
"""

JUDGED = """
-- Whether an account is such a reader of a call: its role, and of responders those who were told of this very one.
CREATE FUNCTION reads_as(account bigint, reader text, of_incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF reader <> 'responder_told' THEN RETURN public.account_holds(account, ARRAY[reader]); END IF;
  RETURN public.account_holds(account, '{responder}') AND coalesce(
    (SELECT bool_or(t.state <> 'released') FROM public.responder_task t
     WHERE t.incident_id = of_incident AND t.user_id = account),
    EXISTS (SELECT FROM public.responder_task t
            WHERE t.incident_id = of_incident AND t.user_id IS NULL AND t.unit = 'on_duty'));
END $$;

-- Whether somebody may read such a thing of a call. Help asks for no clock: it stands whatever the machine's says.
CREATE FUNCTION access_opens(wanted text, what_for text, reader text, account bigint, of_incident uuid)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM public.personal_access a JOIN public.authorisation s ON s.kind = 'standing' AND s.modality = a.law
    WHERE a.what = wanted AND a.purpose = what_for AND a.reader = access_opens.reader AND a.law = 'call_for_help'
      AND (NOT a.live OR EXISTS (SELECT FROM public.incident i WHERE i.id = of_incident AND i.state = 'open')))
    AND public.reads_as(account, reader, of_incident);
END $$;

-- Whether a glass opens it to somebody: it widens readers, never purposes.
CREATE FUNCTION glass_opens(glass uuid, scope text, wanted text, what_for text, reader text, account bigint,
  of_incident uuid, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN public.breakglass_opens(glass, scope, of_incident, account, at)
    AND EXISTS (SELECT FROM public.breakglass b WHERE b.id = glass AND b.readers = reader)
    AND EXISTS (SELECT FROM public.personal_access a WHERE a.what = wanted AND a.purpose = what_for AND a.live);
END $$;

-- Whether a call heard a personal button, itself or through one merged into it.
CREATE FUNCTION call_heard(of_incident uuid, of_device text) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH RECURSIVE joined AS (
    SELECT of_incident AS id UNION SELECT i.id FROM joined j JOIN public.incident i ON i.merged_into = j.id)
  SELECT EXISTS (SELECT FROM public.incident i WHERE i.id = of_incident AND i.personal_device = of_device)
    OR EXISTS (SELECT FROM joined j JOIN public.incident_signal l ON l.incident_id = j.id AND l.undone_at IS NULL
               JOIN public.signal s ON s.id = l.signal_id WHERE s.device_id = of_device) $$;

CREATE OR REPLACE FUNCTION opening_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE account bigint := substring(NEW.opened_by FROM '^user:([0-9]+)$')::bigint;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'holder: who opened it stays said' USING ERRCODE = 'NM013';
  END IF;
  IF (CASE WHEN NEW.break_glass_id IS NULL
      THEN public.access_opens('holder', NEW.purpose, NEW.reader, account, NEW.incident_id)
      ELSE public.glass_opens(NEW.break_glass_id, 'holder', 'holder', NEW.purpose, NEW.reader, account,
        NEW.incident_id, NEW.opened_at) END) IS NOT TRUE THEN
    RAISE EXCEPTION 'holder: neither a role nor a glass opens it to %', NEW.opened_by USING ERRCODE = 'NM013';
  END IF;
  IF public.call_heard(NEW.incident_id, NEW.device_id) IS NOT TRUE THEN
    RAISE EXCEPTION 'holder: % did not call there', NEW.device_id USING ERRCODE = 'NM013';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION still_view_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account bigint := substring(NEW.viewed_by FROM '^user:([0-9]+)$')::bigint;
  of_incident uuid := (SELECT s.incident_id FROM public.still s WHERE s.id = NEW.still_id);
BEGIN
  IF (CASE WHEN NEW.break_glass_id IS NULL
      THEN public.access_opens('still', NEW.purpose, NEW.reader, account, of_incident)
      ELSE public.glass_opens(NEW.break_glass_id, 'stills', 'still', NEW.purpose, NEW.reader, account,
        of_incident, NEW.viewed_at) END) IS NOT TRUE THEN
    RAISE EXCEPTION 'still: neither a role nor a glass opens it to %', NEW.viewed_by USING ERRCODE = 'NM013';
  END IF;
  IF NOT EXISTS (SELECT FROM public.still s WHERE s.id = NEW.still_id AND NEW.viewed_at < s.expires_at
                 AND clock_timestamp() - public.guard_clock_drift() < s.expires_at) THEN
    RAISE EXCEPTION 'still: its hour has come: %', NEW.still_id USING ERRCODE = 'NM013';
  END IF;
  RETURN NEW;
END $$;
"""

SHOWN = """
-- What is sealed, for the transaction that wrote down who opens it, and for nobody else.
CREATE FUNCTION holders.opened(of_device text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT h.sealed FROM holders.holder h WHERE h.device_id = of_device AND EXISTS (
    SELECT FROM holders.opening o WHERE o.device_id = of_device AND o.xmin = pg_current_xact_id_if_assigned()::xid) $$;
CREATE FUNCTION public.still_opened(of_still uuid) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.sealed FROM public.still s WHERE s.id = of_still AND EXISTS (
    SELECT FROM public.still_view v WHERE v.still_id = of_still AND v.xmin = pg_current_xact_id_if_assigned()::xid) $$;
-- To the person, where the last fact of this transaction says that somebody's data is handed out to them.
CREATE FUNCTION holders.own(of_device text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT h.sealed FROM holders.holder h WHERE h.device_id = of_device AND EXISTS (
    SELECT FROM (SELECT e.kind, e.payload, e.xmin FROM public.ledger_event e ORDER BY e.seq DESC LIMIT 1) e
    WHERE e.xmin = pg_current_xact_id_if_assigned()::xid AND e.kind = 'Audited'
      AND (e.payload->>'action' = 'person:data:export'
        OR e.payload->>'action' = 'dpo:data:export' AND e.payload->>'subject' = of_device)) $$;
CREATE FUNCTION public.still_keeps(of_still uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.sealed IS NOT NULL FROM public.still s WHERE s.id = of_still $$;
-- The names of keys under which something is left: what is sealed begins with the length of its key's name and the name.
CREATE FUNCTION holders.keys_used(old timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT convert_from(substring(u.sealed FROM 2 FOR get_byte(u.sealed, 0)), 'UTF8') FROM (
    SELECT h.sealed FROM holders.holder h
    UNION ALL SELECT s.sealed FROM public.still s WHERE s.sealed IS NOT NULL
    UNION ALL SELECT e.personal FROM public.ledger_event e
      WHERE e.personal IS NOT NULL AND (e.form > 1 OR e.recorded_at >= old)) u
  WHERE length(u.sealed) > 1 $$;
REVOKE ALL ON FUNCTION holders.opened(text), holders.own(text), holders.keys_used(timestamptz),
  public.still_opened(uuid), public.still_keeps(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION holders.opened(text), holders.own(text), holders.keys_used(timestamptz),
  public.still_opened(uuid), public.still_keeps(uuid) TO nec_ledger;

REVOKE SELECT, UPDATE ON holders.holder FROM nec_ledger;
GRANT SELECT (device_id, key_id, updated_at), UPDATE (sealed, key_id, updated_at) ON holders.holder TO nec_ledger;
REVOKE UPDATE ON holders.opening FROM nec_ledger;
REVOKE SELECT ON still FROM nec_ledger, nec_web;
GRANT SELECT (id, incident_id, mission_id, taken_at, interior, expires_at, key_id, width_px, height_px) ON still
  TO nec_ledger, nec_web;
"""

FOLLOWED = """
-- Every gate compiles its table anew at its next transaction, and is woken.
CREATE FUNCTION gate_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.gate_table_version SET version = version + 1;
  PERFORM pg_notify('nec_gate', '');
  RETURN NULL;
END $$;
CREATE TRIGGER breakglass_followed AFTER UPDATE ON breakglass
  FOR EACH ROW WHEN (OLD.ends_at IS DISTINCT FROM NEW.ends_at) EXECUTE FUNCTION gate_follow();
"""


class Migration(migrations.Migration):
    """Add the list, the judgement, and the functions that show what is sealed."""

    dependencies = [("facts", "0039_phones")]
    operations = [
        migrations.RunSQL(LIST, migrations.RunSQL.noop),
        migrations.RunSQL(JUDGED, migrations.RunSQL.noop),
        migrations.RunSQL(SHOWN, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOWED, migrations.RunSQL.noop),
    ]
