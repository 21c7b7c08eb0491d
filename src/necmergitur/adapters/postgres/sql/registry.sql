-- name: put_shift
INSERT INTO pilot_shift (user_id, name, starts_at, ends_at, max_missions)
VALUES (%(user_id)s, %(name)s, %(starts_at)s, %(ends_at)s, %(max_missions)s) RETURNING id;

-- name: current_shift
SELECT id, user_id, name, starts_at, ends_at, max_missions, paused, ended_at, handover_note, unanswered
FROM pilot_shift
WHERE user_id = %(user_id)s AND ended_at IS NULL AND starts_at <= %(now)s AND ends_at > %(now)s
ORDER BY id DESC LIMIT 1;

-- name: change_shift
UPDATE pilot_shift SET paused = %(paused)s, ended_at = %(ended_at)s, handover_note = %(handover_note)s,
  ends_at = %(ends_at)s, max_missions = %(max_missions)s, unanswered = %(unanswered)s WHERE id = %(id)s;

-- name: put_qualification
INSERT INTO qualification (user_id, kind, valid_from, valid_until, recorded_by)
VALUES (%(user_id)s, %(kind)s, %(valid_from)s, %(valid_until)s, %(recorded_by)s)
ON CONFLICT (user_id, kind) DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until,
  recorded_by = excluded.recorded_by;

-- name: put_observation
INSERT INTO observation (id, incident_id, mission_id, author_id, author_name, observed_at, facts, note, last_seq)
VALUES (%(id)s, %(incident_id)s, %(mission_id)s, %(author_id)s, %(author_name)s, %(observed_at)s, %(facts)s::jsonb,
  %(note)s, %(seq)s);

-- name: put_still
INSERT INTO still (id, incident_id, mission_id, taken_at, interior, expires_at, sealed, key_id, width_px, height_px)
VALUES (%(id)s, %(incident_id)s, %(mission_id)s, %(taken_at)s, %(interior)s, %(expires_at)s, %(sealed)s, '',
  %(width_px)s, %(height_px)s);

-- name: still
SELECT id, incident_id, mission_id, taken_at, interior, expires_at, width_px, height_px FROM still
WHERE id = %(id)s;

-- name: log_still_view
INSERT INTO still_view (still_id, viewed_by, reader, purpose, viewed_at, break_glass_id)
VALUES (%(still_id)s, %(viewed_by)s, %(reader)s, %(purpose)s, %(at)s, %(glass)s);

-- name: still_opened
-- As holders.opened: for the transaction that wrote down who looks.
SELECT still_opened(%(id)s);

-- name: known_otherwise
SELECT DISTINCT device.id FROM device
JOIN unnest(%(id)s::text[], %(kind)s::text[], %(transport)s::text[], %(external_key)s::text[]) AS t (id, kind, transport, key)
  ON (device.id = t.id AND (device.kind, device.transport) <> (t.kind, t.transport))
  OR (device.external_key = t.key AND device.id <> t.id)
ORDER BY device.id;

-- name: put_devices
INSERT INTO device (id, kind, transport, label, zone_id, lon, lat, external_key, credential_hash, cancel_hash,
  duress_hash, certificate_subject, installed_at)
SELECT *, %(now)s::timestamptz FROM unnest(%(id)s::text[], %(kind)s::text[], %(transport)s::text[], %(label)s::text[],
  %(zone_id)s::text[], %(lon)s::float8[], %(lat)s::float8[], %(external_key)s::text[], %(credential_hash)s::bytea[],
  %(cancel_hash)s::bytea[], %(duress_hash)s::bytea[], %(certificate_subject)s::text[])
ON CONFLICT (id) DO UPDATE SET label = excluded.label, zone_id = excluded.zone_id, lon = excluded.lon,
  lat = excluded.lat, transport = excluded.transport,
  external_key = coalesce(excluded.external_key, device.external_key),
  credential_hash = coalesce(excluded.credential_hash, device.credential_hash),
  cancel_hash = coalesce(excluded.cancel_hash, device.cancel_hash),
  duress_hash = coalesce(excluded.duress_hash, device.duress_hash),
  certificate_subject = coalesce(excluded.certificate_subject, device.certificate_subject),
  retired_at = NULL;

-- name: set_certificates
UPDATE device d SET certificate_subject = t.subject
FROM unnest(%(id)s::text[], %(subject)s::text[]) AS t (id, subject) WHERE d.id = t.id;

-- name: certificates
SELECT id, certificate_subject FROM device WHERE certificate_subject IS NOT NULL ORDER BY id;

-- name: devices_by_external_key
SELECT external_key, id FROM device WHERE external_key = ANY(%(keys)s);

-- name: posts
-- Those that speak MQTT: a panel or a radio button of another make has no certificate.
SELECT id, label, zone_id, lon, lat FROM device
WHERE kind = 'post' AND transport = 'mqtt' AND retired_at IS NULL ORDER BY id;

-- name: retire_devices
UPDATE device SET retired_at = %(now)s WHERE id = ANY(%(ids)s) AND retired_at IS NULL;

-- name: drop_holders
DELETE FROM holders.holder WHERE device_id = ANY(%(ids)s);

-- name: put_test_window
INSERT INTO test_window (zones, starts_at, ends_at, reason, declared_by)
VALUES (%(zones)s, %(starts_at)s, %(ends_at)s, %(reason)s, %(declared_by)s) RETURNING id;

-- name: put_holder
INSERT INTO holders.holder (device_id, sealed, key_id, updated_at) VALUES (%(device_id)s, %(sealed)s, '', %(now)s)
ON CONFLICT (device_id) DO UPDATE SET sealed = %(sealed)s, updated_at = excluded.updated_at;

-- name: log_holder_opening
INSERT INTO holders.opening (device_id, incident_id, opened_by, reader, purpose, reason, opened_at, break_glass_id)
VALUES (%(device_id)s, %(incident_id)s, %(by)s, %(reader)s, %(purpose)s, %(reason)s, %(now)s, %(glass)s);

-- name: holder
-- Shown by the database alone, to the very transaction that wrote down who opens it.
SELECT holders.opened(%(device_id)s);

-- name: put_airspace_notice
INSERT INTO airspace_notice (kind, lon, lat, radius_m, starts_at, ends_at, announced_by, reason)
VALUES (%(kind)s, %(lon)s, %(lat)s, %(radius_m)s, %(starts_at)s, %(ends_at)s, %(by)s, %(reason)s) RETURNING id;

-- name: end_airspace_notice
UPDATE airspace_notice SET ends_at = greatest(starts_at + interval '1 microsecond', least(ends_at, %(now)s))
WHERE id = %(id)s;

-- name: airspace_notices
SELECT id, kind, lon, lat, radius_m, starts_at, ends_at FROM airspace_notice
WHERE starts_at <= %(now)s AND ends_at > %(now)s ORDER BY id;

-- name: set_drone
UPDATE drone SET enabled = %(enabled)s, disabled_reason = %(reason)s WHERE id = %(id)s;

-- name: raise_alarm
INSERT INTO system_alarm (name, raised_at, detail, last_seq) VALUES (%(name)s, %(now)s, %(detail)s, 1)
ON CONFLICT (name) DO UPDATE SET raised_at = excluded.raised_at, detail = excluded.detail, cleared_at = NULL,
  last_seq = system_alarm.last_seq + 1
WHERE system_alarm.cleared_at IS NOT NULL RETURNING name;

-- name: clear_alarm
UPDATE system_alarm SET cleared_at = %(now)s, last_seq = last_seq + 1 WHERE name = %(name)s AND cleared_at IS NULL
RETURNING name;

-- name: put_drone_states
INSERT INTO drone_state (drone_id, at, phase, lon, lat, altitude_m, heading_deg, ground_speed_m_s, battery_pct,
  link_pct, wind_m_s, linked, software)
SELECT t.* FROM unnest(%(drone_id)s::text[], %(at)s::timestamptz[], %(phase)s::text[], %(lon)s::float8[],
  %(lat)s::float8[], %(altitude_m)s::real[], %(heading_deg)s::real[], %(ground_speed_m_s)s::real[],
  %(battery_pct)s::real[], %(link_pct)s::real[], %(wind_m_s)s::real[], %(linked)s::boolean[], %(software)s::text[]) AS t
ON CONFLICT (drone_id) DO UPDATE SET at = excluded.at, phase = excluded.phase, lon = excluded.lon, lat = excluded.lat,
  altitude_m = excluded.altitude_m, heading_deg = excluded.heading_deg,
  ground_speed_m_s = excluded.ground_speed_m_s, battery_pct = excluded.battery_pct, link_pct = excluded.link_pct,
  wind_m_s = excluded.wind_m_s, linked = excluded.linked,
  software = coalesce(nullif(excluded.software, ''), drone_state.software);  -- one that is away still runs it
