"""Open doors: what hosts offer and guests need, sealed; and PostgreSQL's own judgement of who is brought together.

NM018: something taken about people where no crisis is open, or kept beyond its end.
NM019: a guest and a host brought together against the rules: a fourth host, a host not known enough, nobody's place.
"""

from django.db import migrations

SQL = """
-- What a lead has set for one crisis: how far a host must be known before anybody is sent to them.
CREATE TABLE population.doors_rule (
  crisis_id uuid PRIMARY KEY REFERENCES population.crisis (id),
  level_min smallint NOT NULL CHECK (level_min BETWEEN 1 AND 3),
  by bigint NOT NULL,
  at timestamptz NOT NULL
);
-- Where nobody is sent: a danger, or an order to stay indoors. Nothing about people.
CREATE TABLE population.closed_area (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('danger', 'stay_indoors')),
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  radius_m double precision NOT NULL CHECK (radius_m > 0),
  by bigint NOT NULL,
  at timestamptz NOT NULL,
  ended_by bigint,
  ended_at timestamptz,
  PRIMARY KEY (crisis_id, id)
);
-- Halls, schools, hotels the city opens: public, with the places left as the desk last said.
CREATE TABLE population.shelter (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('town_hall', 'school', 'hotel', 'hall', 'hospital', 'other')),
  address text NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  places integer NOT NULL CHECK (places BETWEEN 1 AND 20000),
  taken integer NOT NULL CHECK (taken BETWEEN 0 AND places),
  animals boolean NOT NULL,
  wheelchair boolean NOT NULL,
  open boolean NOT NULL,
  by bigint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, id)
);

-- `id` is a digest of the private link, `salt` makes the key of what is sealed, `contact` a keyed digest of the phone.
CREATE TABLE population.offer (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  contact bytea NOT NULL CHECK (length(contact) = 16),
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 3),
  places smallint NOT NULL CHECK (places BETWEEN 1 AND 20),
  free smallint NOT NULL CHECK (free BETWEEN 0 AND places),
  tries smallint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL,
  until timestamptz NOT NULL CHECK (until <= at + interval '12 hours'),
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, id)
);
CREATE TABLE population.request (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  id bytea NOT NULL CHECK (length(id) = 16),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  contact bytea NOT NULL CHECK (length(contact) = 16),
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 7),
  people smallint NOT NULL CHECK (people BETWEEN 1 AND 12),
  asked smallint NOT NULL DEFAULT 0 CHECK (asked BETWEEN 0 AND 3),
  tries smallint NOT NULL DEFAULT 0,
  at timestamptz NOT NULL,
  until timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, id)
);
CREATE INDEX offer_contact ON population.offer (crisis_id, contact);
CREATE INDEX offer_open ON population.offer (crisis_id) WHERE state = 2 AND free > 0;
CREATE INDEX request_contact ON population.request (crisis_id, contact);
CREATE INDEX request_waiting ON population.request (crisis_id) WHERE state = 2;
-- How many codes a number was sent, whoever typed it: a keyed digest and a count.
CREATE TABLE population.code_sent (
  crisis_id uuid NOT NULL REFERENCES population.crisis (id),
  contact bytea NOT NULL CHECK (length(contact) = 16),
  n smallint NOT NULL,
  PRIMARY KEY (crisis_id, contact)
);
CREATE TABLE population.match (
  crisis_id uuid NOT NULL,
  id bytea NOT NULL CHECK (length(id) = 16),
  offer_id bytea NOT NULL,
  request_id bytea NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
  people smallint NOT NULL,
  at timestamptz NOT NULL,
  offered_at timestamptz,
  agreed_at timestamptz,
  there_at timestamptz,
  address_at timestamptz,
  host_met_at timestamptz,
  guest_met_at timestamptz,
  host_tries smallint NOT NULL DEFAULT 0,
  guest_tries smallint NOT NULL DEFAULT 0,
  alerted_at timestamptz,
  reported_by smallint,
  looked_at timestamptz,
  handled_at timestamptz,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (crisis_id, id),
  FOREIGN KEY (crisis_id, offer_id) REFERENCES population.offer (crisis_id, id) ON DELETE CASCADE,
  FOREIGN KEY (crisis_id, request_id) REFERENCES population.request (crisis_id, id) ON DELETE CASCADE,
  CHECK (address_at IS NULL OR agreed_at IS NOT NULL),
  CHECK (agreed_at IS NULL OR offered_at IS NOT NULL)
);
-- The same two are brought together once, and a guest goes to one host.
CREATE UNIQUE INDEX match_once ON population.match (crisis_id, offer_id, request_id);
CREATE UNIQUE INDEX match_agreed ON population.match (crisis_id, request_id) WHERE state IN (3, 4);
CREATE INDEX match_live ON population.match (crisis_id, offer_id) WHERE state IN (1, 2);
CREATE INDEX match_request ON population.match (crisis_id, request_id);
CREATE TABLE population.match_message (
  crisis_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  match_id bytea NOT NULL,
  side smallint NOT NULL CHECK (side IN (1, 2)),
  salt bytea NOT NULL CHECK (length(salt) = 16),
  sealed bytea NOT NULL,
  at timestamptz NOT NULL,
  FOREIGN KEY (crisis_id, match_id) REFERENCES population.match (crisis_id, id) ON DELETE CASCADE
);
CREATE INDEX match_message_of ON population.match_message (crisis_id, match_id, id);

CREATE FUNCTION population.doors_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM taken t LEFT JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.opened_at IS NULL OR c.erased_at IS NOT NULL OR NOT 'doors' = ANY(c.services)
               OR (TG_OP = 'INSERT' AND TG_ARGV[0] = 'new' AND c.closed_at IS NOT NULL)
               OR clock_timestamp() >= c.purge_at) THEN
    RAISE EXCEPTION 'population: its crisis is not open' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;

-- Who may be brought together, whatever a page or a worker believes.
CREATE FUNCTION population.match_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE o population.offer%ROWTYPE; r population.request%ROWTYPE; least smallint;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.offer_id, NEW.request_id, NEW.people) IS DISTINCT FROM
      (OLD.offer_id, OLD.request_id, OLD.people) THEN
    RAISE EXCEPTION 'match: it may not change whom it brings together' USING ERRCODE = 'NM019';
  END IF;
  IF TG_OP = 'INSERT' THEN
    SELECT * INTO r FROM population.request WHERE crisis_id = NEW.crisis_id AND id = NEW.request_id FOR UPDATE;
    SELECT * INTO o FROM population.offer WHERE crisis_id = NEW.crisis_id AND id = NEW.offer_id FOR UPDATE;
    least := coalesce((SELECT level_min FROM population.doors_rule WHERE crisis_id = NEW.crisis_id), 1);
    IF NEW.state <> 1 OR o.state <> 2 OR r.state <> 2 OR o.level < least OR o.free < NEW.people
      OR NEW.people <> r.people OR o.contact = r.contact OR NEW.at >= o.until
      OR (SELECT count(*) FROM population.match m
          WHERE m.crisis_id = NEW.crisis_id AND m.request_id = NEW.request_id) >= 3 THEN
      RAISE EXCEPTION 'match: these two may not be brought together' USING ERRCODE = 'NM019';
    END IF;
  ELSIF (NEW.state = 3 AND OLD.state <> 3 AND (OLD.state <> 2 OR OLD.offered_at IS NULL))
    OR (NEW.state = 2 AND OLD.state NOT IN (1, 2))
    OR (NEW.address_at IS NOT NULL AND OLD.address_at IS NULL AND (OLD.state <> 3 OR NEW.there_at IS NULL))
    OR (NEW.state = 4 AND (NEW.host_met_at IS NULL OR NEW.guest_met_at IS NULL)) THEN
    RAISE EXCEPTION 'match: a step was left out' USING ERRCODE = 'NM019';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER match_judged BEFORE INSERT OR UPDATE ON population.match
  FOR EACH ROW EXECUTE FUNCTION population.match_refuse();

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY '{offer,request,match,match_message,code_sent}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON population.%I REFERENCING NEW TABLE AS taken FOR EACH STATEMENT'
      ' EXECUTE FUNCTION population.doors_refuse(%L)', name || '_taken', name,
      CASE WHEN name IN ('offer', 'request', 'match') THEN 'new' ELSE 'more' END);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON population.%I REFERENCING NEW TABLE AS taken FOR EACH STATEMENT'
      ' EXECUTE FUNCTION population.doors_refuse(%L)', name || '_changed', name, 'more');
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON population.offer, population.request, population.match,
  population.match_message, population.code_sent, population.doors_rule, population.closed_area, population.shelter
  TO nec_ledger;

CREATE FUNCTION population.holds_doors(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.offer WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.request WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.code_sent WHERE crisis_id = crisis) $$;
CREATE OR REPLACE FUNCTION population.holds_people(crisis uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM population.checkin WHERE crisis_id = crisis)
    OR EXISTS (SELECT FROM population.message WHERE crisis_id = crisis)
    OR population.holds_missing(crisis) OR population.holds_doors(crisis) $$;

-- Drop what a crisis held about hosts and guests, once its time has come; return how many of each.
CREATE FUNCTION population.erase_doors(crisis uuid) RETURNS TABLE (offers bigint, requests bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM population.crisis c WHERE c.id = crisis AND clock_timestamp() >= c.purge_at) THEN
    RAISE EXCEPTION 'crisis: its time has not come: %', crisis USING ERRCODE = 'NM017';
  END IF;
  DELETE FROM population.offer o WHERE o.crisis_id = crisis;
  GET DIAGNOSTICS offers = ROW_COUNT;
  DELETE FROM population.request r WHERE r.crisis_id = crisis;
  GET DIAGNOSTICS requests = ROW_COUNT;
  DELETE FROM population.code_sent s WHERE s.crisis_id = crisis;
  RETURN NEXT;
END $$;
"""


class Migration(migrations.Migration):
    """Add the tables and their guards."""

    dependencies = [("facts", "0032_finder")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
