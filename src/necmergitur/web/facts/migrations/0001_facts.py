"""The ledger, its read tables and their guards. SQL is frozen here: later changes are later migrations.

Who may write what: `nec_ledger` (operations) inserts facts and maintains read tables; `nec_web` (pages)
reads. PostgreSQL refuses by itself a fact without a current authorisation and any change to a fact.
"""

from django.db import migrations

ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nec_ledger') THEN CREATE ROLE nec_ledger NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nec_web') THEN CREATE ROLE nec_web NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
GRANT nec_ledger, nec_web TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO nec_ledger, nec_web;
"""

GOVERNANCE = """
CREATE TABLE authorisation (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('standing', 'stream', 'flight')),
  label text NOT NULL,
  purpose text NOT NULL,
  legal_basis text NOT NULL,
  holder text NOT NULL,
  modality text NOT NULL,
  zones text[],                        -- NULL: the whole territory
  streams text[],                      -- NULL: every stream of the modality
  valid_from timestamptz NOT NULL,
  valid_until timestamptz,             -- NULL: standing, never lapses
  conditions jsonb NOT NULL DEFAULT '{}',
  demo boolean NOT NULL DEFAULT false,
  granted_by text NOT NULL,
  granted_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by text,
  revoked_reason text,
  version integer NOT NULL,
  last_seq bigint NOT NULL,
  CHECK (kind = 'standing' OR valid_until IS NOT NULL),
  CHECK (valid_until IS NULL OR valid_until > valid_from)
);
CREATE TABLE gate_table_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL);
INSERT INTO gate_table_version VALUES (true, 1);

-- The two authorisations nobody can revoke: a call for help reaches a human (public task, GDPR art. 6.1.e;
-- vital interest as the last resort, art. 6.1.d, recital 46), and the record of who decided what (art. 30).
INSERT INTO authorisation VALUES
  ('00000000-0000-7000-8000-000000000001', 'standing', 'Calls for help', 'emergency_response',
   'GDPR art. 6(1)(e); art. 6(1)(d) and recital 46 as the last resort', 'city', 'call_for_help', NULL, NULL,
   '2015-11-13T00:00:00Z', NULL, '{}', false, 'system:install', '2015-11-13T00:00:00Z', NULL, NULL, NULL, 1, 0),
  ('00000000-0000-7000-8000-000000000002', 'standing', 'Record of decisions', 'accountability',
   'GDPR art. 5(2) and art. 30', 'city', 'governance', NULL, NULL,
   '2015-11-13T00:00:00Z', NULL, '{}', false, 'system:install', '2015-11-13T00:00:00Z', NULL, NULL, NULL, 1, 0);
"""

LEDGER = """
CREATE TABLE ledger_event (
  seq bigint PRIMARY KEY,
  stream text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  kind text NOT NULL,
  recorded_at timestamptz NOT NULL,
  authorisation_id uuid NOT NULL REFERENCES authorisation (id),
  actor text NOT NULL,
  payload json NOT NULL,               -- canonical bytes as hashed; never personal data
  personal bytea,                      -- sealed (AES-GCM); unreadable once its key is destroyed
  prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  UNIQUE (stream, version)
);
CREATE INDEX ledger_event_recorded ON ledger_event (recorded_at);

CREATE FUNCTION ledger_refuse_unauthorised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE a authorisation%ROWTYPE;
BEGIN
  SELECT * INTO a FROM authorisation WHERE id = NEW.authorisation_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'ledger: unknown authorisation %', NEW.authorisation_id USING ERRCODE = 'NM001';
  END IF;
  IF NEW.recorded_at < a.valid_from OR NEW.recorded_at >= a.valid_until OR a.revoked_at <= NEW.recorded_at THEN
    RAISE EXCEPTION 'ledger: authorisation % is not current at %', a.id, NEW.recorded_at USING ERRCODE = 'NM002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_authorised BEFORE INSERT ON ledger_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unauthorised();

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger: facts are never changed' USING ERRCODE = 'NM003'; END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger_event
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  dedupe text NOT NULL UNIQUE,
  payload json NOT NULL,
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  leased_until timestamptz,
  done_at timestamptz,
  error text
);
CREATE INDEX outbox_open ON outbox (due_at) WHERE done_at IS NULL;
"""

TERRITORY = """
CREATE TABLE city (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  name text NOT NULL,
  source text NOT NULL,
  imported_at timestamptz NOT NULL,
  outline jsonb NOT NULL,              -- list of polygons, each a list of rings of [lon, lat]
  quarters jsonb NOT NULL,
  streets bytea NOT NULL,              -- JSON lines of [lon, lat], deflated: served to the map as it is
  facts jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE zone (
  id text PRIMARY KEY,
  label text NOT NULL,
  rings jsonb NOT NULL,
  street_length_m double precision NOT NULL,
  neighbours text[] NOT NULL DEFAULT '{}',
  retired_at timestamptz
);
CREATE TABLE dock (
  id text PRIMARY KEY,
  zone_id text NOT NULL REFERENCES zone (id),
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  retired_at timestamptz
);
CREATE TABLE geozone_set (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  read_at timestamptz NOT NULL,
  zones jsonb NOT NULL,
  problems jsonb NOT NULL DEFAULT '[]'
);
"""

DEVICES = """
CREATE TABLE device (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('post', 'personal', 'synthetic')),
  transport text NOT NULL CHECK (transport IN ('mqtt', 'https', 'dc09', 'lorawan')),
  label text NOT NULL,
  zone_id text REFERENCES zone (id),
  lon double precision,                -- installed place of a post; never a holder's place
  lat double precision,
  external_key text UNIQUE,            -- DC-09 account or LoRaWAN devEUI
  credential_hash bytea,               -- HTTPS credential, SHA-256
  duress_hash bytea,                   -- HMAC of the duress PIN; cancel_hash of the ordinary one
  cancel_hash bytea,
  certificate_subject text UNIQUE,
  installed_at timestamptz NOT NULL,
  retired_at timestamptz
);
CREATE INDEX device_zone ON device (zone_id);
CREATE TABLE device_health (
  device_id text PRIMARY KEY REFERENCES device (id),
  heartbeat_at timestamptz NOT NULL,
  battery_pct real,
  rssi_dbm real,
  firmware text,
  boot_id bigint,
  deaf boolean NOT NULL DEFAULT false
);
CREATE INDEX device_health_beat ON device_health (heartbeat_at) WHERE NOT deaf;
CREATE INDEX device_health_deaf ON device_health (device_id) WHERE deaf;
CREATE TABLE test_window (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  zones text[],
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  reason text NOT NULL,
  declared_by text NOT NULL
);
CREATE SCHEMA holders;
CREATE TABLE holders.holder (
  device_id text PRIMARY KEY REFERENCES device (id),
  sealed bytea NOT NULL,
  key_id text NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE TABLE holders.opening (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device_id text NOT NULL,
  incident_id uuid NOT NULL,
  opened_by text NOT NULL,
  reason text NOT NULL,
  opened_at timestamptz NOT NULL
);
CREATE TABLE holders.data_key (key_id text PRIMARY KEY, key bytea NOT NULL, destroyed_at timestamptz);
"""

SIGNALS = """
CREATE TABLE signal (
  id uuid PRIMARY KEY,
  device_id text NOT NULL,
  boot_id bigint NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  claimed_at timestamptz,
  received_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  lon double precision,
  lat double precision,
  accuracy_m real,
  zone_id text,
  flags text[] NOT NULL DEFAULT '{}',
  test boolean NOT NULL DEFAULT false,
  incident_id uuid,
  authorisation_id uuid NOT NULL REFERENCES authorisation (id),
  ledger_seq bigint NOT NULL,
  UNIQUE (device_id, boot_id, seq)
);
CREATE TRIGGER signal_authorised BEFORE INSERT ON signal
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_unauthorised();
CREATE INDEX signal_incident ON signal (incident_id);
CREATE INDEX signal_recorded ON signal (recorded_at);
-- The probe presses twice a minute for ever and belongs to no incident: it must not slow a look-up by device.
CREATE INDEX signal_device ON signal (device_id) WHERE incident_id IS NOT NULL;
"""

INCIDENTS = """
CREATE SEQUENCE incident_number;
CREATE TABLE incident (
  id uuid PRIMARY KEY,
  number text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('open', 'closed', 'merged')),
  rung text NOT NULL CHECK (rung IN ('received', 'seen', 'acknowledged', 'acting')),
  kind text NOT NULL,
  personal_device text,
  test boolean NOT NULL,
  exercise boolean NOT NULL,
  duress boolean NOT NULL,
  cancelled boolean NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  accuracy_m double precision NOT NULL, -- as folded, to the last bit
  zone_id text,
  label text NOT NULL,
  opened_at timestamptz NOT NULL,
  last_signal_at timestamptz NOT NULL,
  signal_count integer NOT NULL,
  escalation integer NOT NULL,
  due_at timestamptz,
  owner_id bigint,
  owner_name text NOT NULL,
  drone text NOT NULL,                 -- none, searching, offered, flying, on_scene, returning, done, refused
  drone_reason text NOT NULL,
  outcome text NOT NULL,
  closed_at timestamptz,
  merged_into uuid REFERENCES incident (id),
  version integer NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX incident_open ON incident (last_signal_at) WHERE state = 'open';
CREATE INDEX incident_place ON incident (lat, lon) WHERE state = 'open';
CREATE INDEX incident_due ON incident (due_at) WHERE state = 'open' AND due_at IS NOT NULL;
CREATE INDEX incident_seq ON incident (last_seq);
CREATE TABLE incident_signal (
  incident_id uuid NOT NULL REFERENCES incident (id),
  signal_id uuid NOT NULL REFERENCES signal (id),
  score real NOT NULL,
  reason text NOT NULL,
  attached_by text NOT NULL,
  attached_at timestamptz NOT NULL,
  undone_at timestamptz,
  PRIMARY KEY (incident_id, signal_id, attached_at)
);
CREATE INDEX incident_signal_signal ON incident_signal (signal_id);
CREATE TABLE proposal (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  other_id uuid NOT NULL REFERENCES incident (id),
  score real NOT NULL,
  reason text NOT NULL,
  proposed_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'dismissed')),
  decided_by text,
  decided_at timestamptz
);
CREATE INDEX proposal_open ON proposal (incident_id) WHERE state = 'open';
"""

DISPATCH = """
CREATE TABLE drone (
  id text PRIMARY KEY,
  dock_id text NOT NULL REFERENCES dock (id),
  zone_id text NOT NULL REFERENCES zone (id),
  link_url text NOT NULL,
  camera_url text NOT NULL DEFAULT '',
  system_id integer NOT NULL,
  signing_key bytea,
  speed_m_s real NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text NOT NULL DEFAULT ''
);
CREATE UNLOGGED TABLE drone_state (
  drone_id text PRIMARY KEY,
  at timestamptz NOT NULL,
  phase text NOT NULL,
  lon double precision, lat double precision,
  altitude_m real, heading_deg real, ground_speed_m_s real,
  battery_pct real, link_pct real, wind_m_s real, linked boolean NOT NULL
);
CREATE TABLE pilot_shift (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL,
  name text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  max_missions integer NOT NULL DEFAULT 1 CHECK (max_missions BETWEEN 1 AND 4),
  paused boolean NOT NULL DEFAULT false,
  ended_at timestamptz,
  handover_note text NOT NULL DEFAULT ''
);
CREATE INDEX pilot_shift_current ON pilot_shift (ends_at) WHERE ended_at IS NULL;
CREATE TABLE qualification (
  user_id bigint NOT NULL,
  kind text NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  recorded_by text NOT NULL,
  PRIMARY KEY (user_id, kind)
);
CREATE TABLE mission (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  authorisation_id uuid NOT NULL REFERENCES authorisation (id),
  drone_id text NOT NULL,
  pilot_id bigint,
  pilot_name text NOT NULL,
  state text NOT NULL CHECK (state IN ('offered', 'accepted', 'flying', 'ended')),
  phase text NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  eta_s double precision NOT NULL,
  why text NOT NULL,
  offered_at timestamptz NOT NULL,
  offer_expires_at timestamptz,
  accepted_at timestamptz,
  airborne_at timestamptz,
  on_scene_at timestamptz,
  ended_at timestamptz,
  end_reason text NOT NULL,
  tried_pilots bigint[] NOT NULL,
  order_name text NOT NULL,            -- what the pilot last asked of the drone: fly, hold, descend, return, land
  order_seq integer NOT NULL,
  version integer NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX mission_live ON mission (state) WHERE state <> 'ended';
CREATE INDEX mission_incident ON mission (incident_id);
CREATE INDEX mission_seq ON mission (last_seq);
-- One live mission per drone: no double launch.
CREATE UNIQUE INDEX mission_one_per_drone ON mission (drone_id) WHERE state <> 'ended';
-- No flight without an open incident and a current flight authorisation, whatever the code above believes.
CREATE FUNCTION mission_refuse_unfounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE i incident%ROWTYPE; a authorisation%ROWTYPE; at timestamptz;
BEGIN
  IF NEW.state = 'ended' OR (TG_OP = 'UPDATE' AND OLD.state = NEW.state) THEN RETURN NEW; END IF;
  at := CASE NEW.state WHEN 'offered' THEN NEW.offered_at WHEN 'accepted' THEN NEW.accepted_at ELSE NEW.airborne_at END;
  SELECT * INTO i FROM incident WHERE id = NEW.incident_id;
  IF NOT FOUND OR i.state <> 'open' OR i.test THEN
    RAISE EXCEPTION 'mission: no live incident %', NEW.incident_id USING ERRCODE = 'NM004';
  END IF;
  SELECT * INTO a FROM authorisation WHERE id = NEW.authorisation_id;
  IF NOT FOUND OR a.kind <> 'flight' OR at IS NULL OR at < a.valid_from OR at >= a.valid_until OR a.revoked_at <= at THEN
    RAISE EXCEPTION 'mission: no current flight authorisation %', NEW.authorisation_id USING ERRCODE = 'NM005';
  END IF;
  IF NEW.state <> 'offered' AND (NEW.pilot_id IS NULL OR NEW.accepted_at IS NULL) THEN
    RAISE EXCEPTION 'mission: no pilot accepted %', NEW.id USING ERRCODE = 'NM006';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER mission_founded BEFORE INSERT OR UPDATE ON mission
  FOR EACH ROW EXECUTE FUNCTION mission_refuse_unfounded();
CREATE TABLE airspace_notice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  lon double precision NOT NULL, lat double precision NOT NULL, radius_m real NOT NULL,
  starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  announced_by text NOT NULL, reason text NOT NULL
);
CREATE TABLE responder_task (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  unit text NOT NULL,
  user_id bigint,
  state text NOT NULL CHECK (state IN ('told', 'acknowledged', 'arrived', 'need_help', 'released')),
  told_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX responder_task_incident ON responder_task (incident_id);
CREATE TABLE observation (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  mission_id uuid REFERENCES mission (id),
  author_id bigint NOT NULL,
  author_name text NOT NULL,
  observed_at timestamptz NOT NULL,
  facts jsonb NOT NULL,                -- people_down, fire, smoke, crowd_size, access_blocked
  note text NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX observation_incident ON observation (incident_id);
CREATE TABLE still (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  mission_id uuid REFERENCES mission (id),
  taken_at timestamptz NOT NULL,
  interior boolean NOT NULL,
  expires_at timestamptz NOT NULL,
  sealed bytea,                        -- NULL once expired
  key_id text NOT NULL,
  width_px integer NOT NULL, height_px integer NOT NULL
);
CREATE TABLE still_view (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  still_id uuid NOT NULL REFERENCES still (id),
  viewed_by text NOT NULL,
  viewed_at timestamptz NOT NULL
);
CREATE TABLE incident_note (
  id uuid PRIMARY KEY,
  incident_id uuid NOT NULL REFERENCES incident (id),
  kind text NOT NULL,                  -- note, call_back, hand_off, handover
  author_name text NOT NULL,
  written_at timestamptz NOT NULL,
  body text NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX incident_note_incident ON incident_note (incident_id);
CREATE TABLE system_alarm (
  name text PRIMARY KEY,
  raised_at timestamptz NOT NULL,
  detail text NOT NULL,
  cleared_at timestamptz,
  last_seq bigint NOT NULL DEFAULT 0
);
"""

# A view of `public` is granted to pages; facts and their read tables are written by operations alone.
GRANTS = """
GRANT SELECT ON ALL TABLES IN SCHEMA public TO nec_web, nec_ledger;
GRANT INSERT ON ledger_event TO nec_ledger;
GRANT INSERT, UPDATE ON authorisation, gate_table_version, outbox, city, zone, dock, geozone_set, device, device_health,
  test_window, signal, incident, incident_signal, proposal, drone, drone_state, pilot_shift, qualification, mission,
  airspace_notice, responder_task, observation, still, still_view, incident_note, system_alarm TO nec_ledger;
GRANT DELETE ON outbox, drone_state, device_health TO nec_ledger;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO nec_ledger;
GRANT USAGE ON SCHEMA holders TO nec_ledger;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA holders TO nec_ledger;
GRANT DELETE ON holders.holder TO nec_ledger;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA holders TO nec_ledger;
"""


class Migration(migrations.Migration):
    """First form of the facts."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(ROLES, migrations.RunSQL.noop),
        migrations.RunSQL(GOVERNANCE),
        migrations.RunSQL(LEDGER),
        migrations.RunSQL(TERRITORY),
        migrations.RunSQL(DEVICES),
        migrations.RunSQL(SIGNALS),
        migrations.RunSQL(INCIDENTS),
        migrations.RunSQL(DISPATCH),
        migrations.RunSQL(GRANTS),
    ]
