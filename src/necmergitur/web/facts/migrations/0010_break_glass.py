"""Break-glass, and PostgreSQL's own judgement of it: two people, a live incident, half an hour, no next one unjudged.

NM012: a glass told otherwise than its facts and its rules. NM013: a reading that neither a role nor a glass opens.
Whether somebody holds a role is read from the accounts themselves, never from what the writer says.
"""

from django.db import migrations, models

TABLE = """
CREATE TABLE breakglass (
  id uuid PRIMARY KEY,
  scope text NOT NULL CHECK (scope IN ('holder', 'stills', 'readings')),
  readers text NOT NULL CHECK (readers IN ('operator', 'pilot', 'responder', 'technician')),
  stream text NOT NULL CHECK ((scope = 'readings') = (stream <> '')),
  incident_id uuid NOT NULL REFERENCES incident (id),
  reason text NOT NULL,                -- emptied by retention; sealed beside its fact
  asked_by bigint NOT NULL,
  asked_role text NOT NULL,
  asked_at timestamptz NOT NULL,
  confirmed_by bigint CHECK (confirmed_by <> asked_by),
  confirmed_role text,
  confirmed_at timestamptz,
  ends_at timestamptz CHECK (ends_at <= confirmed_at + interval '30 minutes'),
  withdrawn_at timestamptz,
  uses integer NOT NULL,
  reviewed_by bigint,
  reviewed_at timestamptz,
  justified boolean,
  review text NOT NULL DEFAULT '',
  version integer NOT NULL,
  last_seq bigint NOT NULL,
  CHECK (reviewed_by NOT IN (asked_by, confirmed_by)),
  CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL) AND (confirmed_at IS NULL) = (ends_at IS NULL)),
  CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL) = (justified IS NULL))
);
-- One broken and not judged, whatever two writers at once believe.
CREATE UNIQUE INDEX breakglass_one_unreviewed ON breakglass ((true)) WHERE confirmed_at IS NOT NULL AND reviewed_at IS NULL;
CREATE INDEX breakglass_asked ON breakglass (asked_at);
INSERT INTO ledger_scope VALUES ('breakglass', '*', '{governance}');
ALTER TABLE holders.opening ADD COLUMN break_glass_id uuid REFERENCES breakglass (id);
ALTER TABLE still_view ADD COLUMN break_glass_id uuid REFERENCES breakglass (id);
GRANT SELECT, INSERT, UPDATE ON breakglass TO nec_ledger;
GRANT SELECT ON breakglass TO nec_web;
"""

GUARDS = """
-- Accounts are closed to the writer of facts; this answers one question about them. Late bound: pages own the tables.
CREATE FUNCTION account_holds(account bigint, wanted text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.accounts_rolegrant g JOIN public.accounts_user u ON u.id = g.user_id
                 WHERE g.user_id = account AND u.is_active AND g.role = ANY(wanted));
END $$;
REVOKE ALL ON FUNCTION account_holds(bigint, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_holds(bigint, text[]) TO nec_ledger;

CREATE FUNCTION is_about_now(at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(at BETWEEN clock_timestamp() - public.guard_clock_drift()
                         AND clock_timestamp() + public.guard_clock_drift(), false) $$;

CREATE FUNCTION breakglass_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fact text; live boolean; may text[] := '{lead,duty_officer}'; changing text[];
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
    RAISE EXCEPTION 'break-glass: none is ever deleted' USING ERRCODE = 'NM012';
  END IF;
  -- Retention empties words, and nothing else without a fact.
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{reason,review}'::text[] = to_jsonb(OLD) - '{reason,review}'::text[]
    AND NEW.reason IN (OLD.reason, '') AND NEW.review IN (OLD.review, '') THEN
    RETURN NEW;
  END IF;
  SELECT e.kind INTO fact FROM public.ledger_event e
  WHERE e.seq = NEW.last_seq AND e.stream = 'breakglass:' || NEW.id AND e.version = NEW.version;
  IF fact IS NULL THEN
    RAISE EXCEPTION 'break-glass: no fact says so: %', NEW.id USING ERRCODE = 'NM012';
  END IF;
  SELECT i.state = 'open' AND NOT i.test INTO live FROM public.incident i WHERE i.id = NEW.incident_id;
  IF TG_OP = 'INSERT' THEN
    IF fact <> 'BreakGlassAsked' OR NEW.version <> 1 OR NEW.uses <> 0 OR NEW.review <> ''
      OR num_nonnulls(NEW.confirmed_at, NEW.withdrawn_at, NEW.reviewed_at) > 0 OR btrim(NEW.reason) = ''
      OR live IS NOT TRUE OR NOT public.is_about_now(NEW.asked_at)
      OR NOT NEW.asked_role = ANY(may) OR NOT public.account_holds(NEW.asked_by, ARRAY[NEW.asked_role])
      OR EXISTS (SELECT FROM public.breakglass b WHERE b.confirmed_at IS NOT NULL AND b.reviewed_at IS NULL) THEN
      RAISE EXCEPTION 'break-glass: it may not be asked for like this: %', NEW.id USING ERRCODE = 'NM012';
    END IF;
    RETURN NEW;
  END IF;
  changing := CASE fact
    WHEN 'BreakGlassConfirmed' THEN '{confirmed_by,confirmed_role,confirmed_at,ends_at}'
    WHEN 'BreakGlassWithdrawn' THEN '{withdrawn_at}'
    WHEN 'BreakGlassUsed' THEN '{uses}'
    WHEN 'BreakGlassReviewed' THEN '{reviewed_by,reviewed_at,justified,review,ends_at}' END::text[]
    || '{version,last_seq}';
  IF changing IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - changing <> to_jsonb(OLD) - changing THEN
    RAISE EXCEPTION 'break-glass: % may not change that: %', fact, NEW.id USING ERRCODE = 'NM012';
  END IF;
  IF (fact = 'BreakGlassConfirmed' AND (OLD.confirmed_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
        OR NEW.confirmed_by IS NULL OR NEW.confirmed_by = OLD.asked_by OR NOT NEW.confirmed_role = ANY(may)
        OR NOT public.account_holds(NEW.confirmed_by, ARRAY[NEW.confirmed_role]) OR live IS NOT TRUE
        OR NOT public.is_about_now(NEW.confirmed_at) OR NEW.confirmed_at >= OLD.asked_at + interval '10 minutes'
        OR NEW.ends_at > NEW.confirmed_at + interval '30 minutes'
        OR EXISTS (SELECT FROM public.breakglass b WHERE b.confirmed_at IS NOT NULL AND b.reviewed_at IS NULL)))
    OR (fact = 'BreakGlassWithdrawn' AND (OLD.confirmed_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL))
    OR (fact = 'BreakGlassUsed' AND (OLD.confirmed_at IS NULL OR NEW.uses <> OLD.uses + 1 OR live IS NOT TRUE
        OR NOT public.is_about_now((SELECT e.recorded_at FROM public.ledger_event e WHERE e.seq = NEW.last_seq))
        OR OLD.ends_at <= (SELECT e.recorded_at FROM public.ledger_event e WHERE e.seq = NEW.last_seq)))
    OR (fact = 'BreakGlassReviewed' AND (OLD.confirmed_at IS NULL OR OLD.reviewed_at IS NOT NULL
        OR NEW.reviewed_by IS NULL OR NEW.reviewed_by IN (OLD.asked_by, OLD.confirmed_by) OR btrim(NEW.review) = ''
        OR NOT public.account_holds(NEW.reviewed_by, '{dpo}') OR NEW.ends_at > OLD.ends_at)) THEN
    RAISE EXCEPTION 'break-glass: % is refused: %', fact, NEW.id USING ERRCODE = 'NM012';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER breakglass_told BEFORE INSERT OR UPDATE OR DELETE ON breakglass
  FOR EACH ROW EXECUTE FUNCTION breakglass_refuse();
CREATE TRIGGER breakglass_kept BEFORE TRUNCATE ON breakglass
  FOR EACH STATEMENT EXECUTE FUNCTION breakglass_refuse();

-- Whether a glass opens `wanted` of an incident to somebody at an instant: sensors' readings may ask it too.
CREATE FUNCTION breakglass_opens(glass uuid, wanted text, of_incident uuid, reader bigint, at timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN public.is_about_now(at) AND EXISTS (
    SELECT FROM public.breakglass b JOIN public.incident i ON i.id = b.incident_id
    WHERE b.id = glass AND b.scope = wanted AND b.incident_id = of_incident AND i.state = 'open' AND NOT i.test
      AND b.confirmed_at <= at AND at < b.ends_at AND public.account_holds(reader, ARRAY[b.readers]));
END $$;

CREATE FUNCTION opening_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE reader bigint := substring(NEW.opened_by FROM '^user:([0-9]+)$')::bigint;
BEGIN
  IF (CASE WHEN NEW.break_glass_id IS NULL THEN public.account_holds(reader, '{operator,lead,duty_officer}')
     ELSE public.breakglass_opens(NEW.break_glass_id, 'holder', NEW.incident_id, reader, NEW.opened_at) END) IS NOT TRUE
  THEN
    RAISE EXCEPTION 'holder: neither a role nor a glass opens it to %', NEW.opened_by USING ERRCODE = 'NM013';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER opening_allowed BEFORE INSERT OR UPDATE ON holders.opening
  FOR EACH ROW EXECUTE FUNCTION opening_refuse();

-- A view by one's role needs no glass; one that names a glass is held to it.
CREATE FUNCTION still_view_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.break_glass_id IS NOT NULL AND public.breakglass_opens(NEW.break_glass_id, 'stills',
      (SELECT s.incident_id FROM public.still s WHERE s.id = NEW.still_id),
      substring(NEW.viewed_by FROM '^user:([0-9]+)$')::bigint, NEW.viewed_at) IS NOT TRUE THEN
    RAISE EXCEPTION 'still: the glass does not open it to %', NEW.viewed_by USING ERRCODE = 'NM013';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER still_view_allowed BEFORE INSERT OR UPDATE ON still_view
  FOR EACH ROW EXECUTE FUNCTION still_view_refuse();
"""


class Migration(migrations.Migration):
    """Add the table, its guards, and the glass under which something was read."""

    dependencies = [("facts", "0009_one_look"), ("accounts", "0001_accounts")]
    operations = [
        migrations.RunSQL(TABLE, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="BreakGlass",
            fields=[("id", models.TextField(primary_key=True))],
            options={"managed": False, "db_table": "breakglass"},
        ),
    ]
