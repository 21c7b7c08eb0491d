"""Crises, and people who say they are safe; with PostgreSQL's own judgement of both.

NM017: a crisis told otherwise than its facts and its rules, one person instead of two, or none assessed.
NM018: something taken about people where no crisis is open, or kept beyond its end.

What people say is sealed under keys that the database never holds. Each crisis has a partition of its own, dropped
whole when it is erased.
"""

from django.db import migrations, models

TABLES = """
INSERT INTO ledger_scope VALUES ('crisis', '*', '{governance}'), ('checkins', '*', '{governance}');
CREATE SCHEMA population;
CREATE TABLE population.crisis (
  id uuid PRIMARY KEY,
  incident_id uuid REFERENCES incident (id) CHECK (drill OR incident_id IS NOT NULL),
  name text NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  radius_m double precision NOT NULL,
  services text[] NOT NULL CHECK (services <@ '{safe,find,doors}' AND cardinality(services) > 0),
  languages text[] NOT NULL,
  kept_s integer NOT NULL CHECK (kept_s BETWEEN 1 AND 30 * 86400),
  drill boolean NOT NULL,
  reason text NOT NULL DEFAULT '',     -- emptied with the rest; sealed beside its fact
  rests_on jsonb,
  asked_by bigint NOT NULL,
  asked_role text NOT NULL,
  asked_at timestamptz NOT NULL,
  confirmed_by bigint CHECK (confirmed_by <> asked_by),
  confirmed_role text,
  key text NOT NULL DEFAULT '',        -- SHA-256 of the key; the key itself never comes here
  opened_at timestamptz,
  withdrawn_at timestamptz,
  closed_by bigint,
  closed_at timestamptz,
  purge_at timestamptz CHECK (purge_at <= closed_at + make_interval(secs => kept_s)),
  erased_at timestamptz CHECK (erased_at >= purge_at),
  version integer NOT NULL,
  last_seq bigint NOT NULL
);
-- One crisis and one drill at a time: nobody should have to choose where to say they are safe.
CREATE UNIQUE INDEX crisis_one ON population.crisis (drill) WHERE opened_at IS NOT NULL AND closed_at IS NULL;

-- One person's word. `id` is a digest of their private link, `salt` makes the key of what is sealed.
CREATE TABLE population.checkin (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  said bytea NOT NULL,                 -- a keyed digest of what is sealed: the same words again change nothing
  contact bytea CHECK (length(contact) = 16),
  share bytea NOT NULL CHECK (length(share) = 16),
  status smallint NOT NULL,
  channel smallint NOT NULL,
  tells smallint NOT NULL DEFAULT 0,
  told_rev integer NOT NULL DEFAULT 0,
  rev integer NOT NULL DEFAULT 1,
  at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  batch bigint,
  PRIMARY KEY (crisis_id, id)
) PARTITION BY LIST (crisis_id);
CREATE INDEX checkin_contact ON population.checkin (crisis_id, contact) WHERE contact IS NOT NULL;
CREATE INDEX checkin_share ON population.checkin (crisis_id, share);
CREATE INDEX checkin_to_tell ON population.checkin (changed_at) WHERE tells > 0 AND told_rev < rev;

-- What was committed together: its root goes into the record.
CREATE TABLE population.batch (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  leaves integer NOT NULL,
  root bytea NOT NULL CHECK (length(root) = 32),
  at timestamptz NOT NULL,
  seq bigint
);
CREATE INDEX batch_unrooted ON population.batch (id) WHERE seq IS NULL;
"""

GUARDS = """
CREATE FUNCTION population.crisis_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fact public.ledger_event%ROWTYPE; said jsonb; live boolean; may text[] := '{lead,duty_officer}'; changing text[];
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
    RAISE EXCEPTION 'crisis: none is ever deleted' USING ERRCODE = 'NM017';
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' AND NEW.reason = '' THEN RETURN NEW; END IF;
  SELECT * INTO fact FROM public.ledger_event e
  WHERE e.seq = NEW.last_seq AND e.stream = 'crisis:' || NEW.id AND e.version = NEW.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'crisis: no fact says so: %', NEW.id USING ERRCODE = 'NM017';
  END IF;
  said := fact.payload::jsonb;
  live := NEW.drill OR coalesce((SELECT i.state = 'open' AND NOT i.test FROM public.incident i
                                 WHERE i.id = NEW.incident_id), false);
  IF TG_OP = 'INSERT' THEN
    IF fact.kind <> 'CrisisAsked' OR NEW.version <> 1 OR btrim(NEW.reason) = '' OR NOT live
      OR num_nonnulls(NEW.opened_at, NEW.withdrawn_at, NEW.closed_at, NEW.erased_at) > 0
      OR NOT public.is_about_now(NEW.asked_at) OR NEW.asked_at <> (said->>'at')::timestamptz
      OR NEW.asked_by <> (said->'by'->>'id')::bigint OR NOT NEW.asked_role = ANY(may)
      OR NOT public.account_holds(NEW.asked_by, ARRAY[NEW.asked_role])
      OR public.told_otherwise(to_jsonb(NEW), said)
      OR NOT population.crisis_assessed(NEW) THEN
      RAISE EXCEPTION 'crisis: it may not be asked for like this: %', NEW.id USING ERRCODE = 'NM017';
    END IF;
    RETURN NEW;
  END IF;
  changing := CASE fact.kind
    WHEN 'CrisisOpened' THEN '{confirmed_by,confirmed_role,key,opened_at}'
    WHEN 'CrisisWithdrawn' THEN '{withdrawn_at}'
    WHEN 'CrisisClosed' THEN '{closed_by,closed_at,purge_at}'
    WHEN 'CrisisErased' THEN '{erased_at,reason}' END::text[] || '{version,last_seq}';
  IF changing IS NULL OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - changing <> to_jsonb(OLD) - changing THEN
    RAISE EXCEPTION 'crisis: % may not change that: %', fact.kind, NEW.id USING ERRCODE = 'NM017';
  END IF;
  IF (fact.kind = 'CrisisOpened' AND (OLD.opened_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
        OR NEW.confirmed_by IS NULL OR NEW.confirmed_by = OLD.asked_by OR NOT NEW.confirmed_role = ANY(may)
        OR NEW.confirmed_by <> (said->'by'->>'id')::bigint OR NEW.key <> said->>'key' OR length(NEW.key) <> 64
        OR NOT public.account_holds(NEW.confirmed_by, ARRAY[NEW.confirmed_role]) OR NOT live
        OR NOT public.is_about_now(NEW.opened_at) OR NEW.opened_at >= OLD.asked_at + interval '10 minutes'
        OR NOT population.crisis_assessed(NEW)))
    OR (fact.kind = 'CrisisWithdrawn' AND (OLD.opened_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL))
    OR (fact.kind = 'CrisisClosed' AND (OLD.opened_at IS NULL OR OLD.closed_at IS NOT NULL OR NEW.purge_at IS NULL
        OR NEW.closed_at <> (said->>'at')::timestamptz OR NEW.purge_at <> (said->>'purge_at')::timestamptz
        OR NOT public.is_about_now(NEW.closed_at) OR NOT public.account_holds(NEW.closed_by, may)))
    OR (fact.kind = 'CrisisErased' AND (OLD.closed_at IS NULL OR OLD.erased_at IS NOT NULL
        OR NEW.erased_at < OLD.purge_at OR population.holds_people(NEW.id))) THEN
    RAISE EXCEPTION 'crisis: % is refused: %', fact.kind, NEW.id USING ERRCODE = 'NM017';
  END IF;
  RETURN NEW;
END $$;

-- Whether an assessment of these services carries it, or a duty officer answers for opening without one.
CREATE FUNCTION population.crisis_assessed(c population.crisis) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN c.rests_on IS NULL THEN c.asked_role = 'duty_officer'
    ELSE EXISTS (SELECT FROM public.assessment a WHERE a.id = (c.rests_on->>'assessment_id')::uuid
      AND a.version = (c.rests_on->>'assessment_version')::int AND a.digest = c.rests_on->>'assessment_digest'
      AND a.covers->>'modality' = 'population' AND a.stale_at IS NULL AND a.review_by > clock_timestamp()) END $$;

-- Whether anything about people is left of a crisis. Each table that holds some is named here.
CREATE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis) $$;

CREATE TRIGGER crisis_told BEFORE INSERT OR UPDATE OR DELETE ON population.crisis
  FOR EACH ROW EXECUTE FUNCTION population.crisis_refuse();
CREATE TRIGGER crisis_kept BEFORE TRUNCATE ON population.crisis
  FOR EACH STATEMENT EXECUTE FUNCTION population.crisis_refuse();

-- A partition for each crisis that opens: what is about people lies apart, and goes whole.
CREATE FUNCTION population.lay_partitions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE part text := 'checkin_' || replace(NEW.id::text, '-', '');
BEGIN
  EXECUTE format('CREATE TABLE population.%I PARTITION OF population.checkin FOR VALUES IN (%L)'
                 ' WITH (autovacuum_vacuum_insert_scale_factor = 0.5)', part, NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER crisis_opened AFTER UPDATE ON population.crisis
  FOR EACH ROW WHEN (OLD.opened_at IS NULL AND NEW.opened_at IS NOT NULL)
  EXECUTE FUNCTION population.lay_partitions();

-- Nothing about people is taken where their service is not open. Telling relatives goes on until the purge.
CREATE FUNCTION population.refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t LEFT JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL
               OR (TG_OP = 'INSERT' AND c.closed_at IS NOT NULL) OR NOT 'safe' = ANY(c.services)
               OR (c.purge_at IS NOT NULL AND clock_timestamp() >= c.purge_at)) THEN
    RAISE EXCEPTION 'population: its crisis is not open' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;
-- On the parent: PostgreSQL fires the statement triggers of the table that is named, and nobody may name a partition.
CREATE TRIGGER checkin_taken AFTER INSERT ON population.checkin REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_closed();
CREATE TRIGGER checkin_changed AFTER UPDATE ON population.checkin REFERENCING NEW TABLE AS taken
  FOR EACH STATEMENT EXECUTE FUNCTION population.refuse_closed();

-- Drop what a crisis held, once its time has come; return how many rows that was.
CREATE FUNCTION population.erase_checkins(crisis uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE part text := 'checkin_' || replace(crisis::text, '-', ''); held bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM population.crisis c WHERE c.id = crisis AND clock_timestamp() >= c.purge_at) THEN
    RAISE EXCEPTION 'crisis: its time has not come: %', crisis USING ERRCODE = 'NM017';
  END IF;
  IF to_regclass(format('population.%I', part)) IS NULL THEN RETURN 0; END IF;
  EXECUTE format('SELECT count(*) FROM population.%I', part) INTO held;
  EXECUTE format('DROP TABLE population.%I', part);
  RETURN held;
END $$;
REVOKE ALL ON FUNCTION population.erase_checkins(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION population.lay_partitions() FROM PUBLIC;

GRANT USAGE ON SCHEMA population TO nec_ledger, nec_web;
GRANT SELECT ON population.crisis TO nec_ledger, nec_web;
GRANT INSERT, UPDATE ON population.crisis TO nec_ledger;
GRANT SELECT, INSERT, DELETE ON population.checkin TO nec_ledger;
GRANT UPDATE (salt, sealed, said, contact, share, status, channel, tells, told_rev, rev, changed_at, batch)
  ON population.checkin TO nec_ledger;
GRANT SELECT, INSERT ON population.batch TO nec_ledger;
GRANT UPDATE (seq) ON population.batch TO nec_ledger;
GRANT EXECUTE ON FUNCTION population.erase_checkins(uuid) TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add the schema, its guards, and crises as pages read them."""

    dependencies = [("facts", "0026_logs_begun"), ("accounts", "0001_accounts")]
    operations = [
        migrations.RunSQL(TABLES, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Crisis",
            fields=[("id", models.UUIDField(primary_key=True))],
            options={"managed": False, "db_table": 'population"."crisis'},
        ),
    ]
