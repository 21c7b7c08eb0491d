-- name: session
SELECT user_id, display_name, roles, language FROM live_session WHERE key_hash = %(key)s AND expires_at > now();

-- name: one_snapshot
-- The reads that follow see one state of the database.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: head
SELECT coalesce((SELECT seq FROM ledger_event ORDER BY seq DESC LIMIT 1), 0);

-- name: incident_columns
-- What screens need of an incident. Whose button rang is not among it: that is asked for, and logged.
id, number, state, rung, kind, test, exercise, duress, cancelled, placed, lon, lat, accuracy_m, zone_id, label, opened_at,
last_signal_at, signal_count, escalation, due_at, owner_id, owner_name, drone, drone_reason, outcome, closed_at,
merged_into, version, last_seq

-- name: mission_columns
id, incident_id, drone_id, pilot_id, pilot_name, state, phase, lon, lat, eta_s, why, offered_at, offer_expires_at,
accepted_at, airborne_at, on_scene_at, ended_at, end_reason, order_name, version, last_seq

-- name: incidents_since
-- WITH TIES: the rows of one batch share a sequence number, and come together or not at all.
SELECT last_seq, row_to_json(i)::text FROM (SELECT {incident_columns} FROM incident
  WHERE last_seq > %(after)s AND last_seq <= %(upto)s ORDER BY last_seq FETCH FIRST %(limit)s ROWS WITH TIES) i
ORDER BY last_seq;

-- name: missions_since
SELECT last_seq, row_to_json(m)::text FROM (SELECT {mission_columns} FROM mission
  WHERE last_seq > %(after)s AND last_seq <= %(upto)s ORDER BY last_seq FETCH FIRST %(limit)s ROWS WITH TIES) m
ORDER BY last_seq;

-- name: incidents_now
SELECT row_to_json(i)::text FROM (SELECT {incident_columns} FROM incident
  WHERE state = 'open' OR (state = 'closed' AND closed_at > now() - interval '10 minutes')
  -- Real calls before tests, open before closed: a drill of the whole city must push no call off the board.
  ORDER BY test, state <> 'open', due_at NULLS LAST, opened_at DESC LIMIT 2000) i;

-- name: missions_now
SELECT row_to_json(m)::text FROM (SELECT {mission_columns} FROM mission
  WHERE state <> 'ended' OR ended_at > now() - interval '10 minutes' ORDER BY offered_at DESC LIMIT 1000) m;

-- name: asides
SELECT
  coalesce((SELECT json_agg(row_to_json(p)) FROM (
    SELECT p.id, p.incident_id, p.other_id, p.score, p.reason, p.proposed_at, p.state
    FROM proposal p JOIN incident a ON a.id = p.incident_id JOIN incident b ON b.id = p.other_id
    WHERE p.state = 'open' AND a.state = 'open' AND b.state = 'open' ORDER BY p.proposed_at DESC, p.id LIMIT 200) p),
    '[]')::text,
  coalesce((SELECT json_agg(row_to_json(a)) FROM (
    SELECT name, raised_at, detail FROM system_alarm WHERE cleared_at IS NULL ORDER BY raised_at, name) a), '[]')::text,
  (SELECT json_build_object('open', count(*)) FROM incident WHERE state = 'open')::text;

-- name: pilots
SELECT count(*), count(*) FILTER (WHERE NOT s.paused AND q.valid_until > now() AND s.max_missions >
  (SELECT count(*) FROM mission m WHERE m.pilot_id = s.user_id AND m.state <> 'ended'))
FROM pilot_shift s LEFT JOIN qualification q ON q.user_id = s.user_id AND q.kind = 'drone_pilot'
WHERE s.ended_at IS NULL AND s.starts_at <= now() AND s.ends_at > now();

-- name: city
SELECT name FROM city;

-- name: credentials
SELECT id, credential_hash FROM device WHERE credential_hash IS NOT NULL;

-- name: credential
SELECT id, credential_hash FROM device WHERE id = ANY(%(ids)s) AND credential_hash IS NOT NULL;

-- name: picture
SELECT m.phase, r.camera_url, r.camera_kind FROM mission m JOIN drone r ON r.id = m.drone_id
WHERE m.id = %(id)s AND picture_opens(m.id, %(account)s, %(readers)s, %(now)s);
