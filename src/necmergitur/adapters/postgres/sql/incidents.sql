-- name: new_numbers
SELECT nextval('incident_number') FROM generate_series(1, %(count)s);

-- name: one
SELECT {columns} FROM incident WHERE id = %(id)s;

-- name: some
SELECT {columns} FROM incident WHERE id = ANY(%(ids)s);

-- name: near
WITH place AS MATERIALIZED (
  SELECT lon, lat, %(dlat)s / greatest(0.1, cos(radians(lat))) AS dlon FROM (
    SELECT lon, lat FROM unnest(%(lon)s::float8[], %(lat)s::float8[]) AS stated (lon, lat)
    UNION ALL SELECT lon, lat FROM device WHERE id = ANY(%(devices)s) AND lon IS NOT NULL) AS known)
SELECT {columns} FROM incident i
WHERE state = 'open' AND last_signal_at >= %(since)s
  AND EXISTS (SELECT FROM place p WHERE i.lat BETWEEN p.lat - %(dlat)s AND p.lat + %(dlat)s
    AND i.lon BETWEEN p.lon - p.dlon AND p.lon + p.dlon);

-- name: of_devices
-- A merged incident stands for the one it was merged into.
WITH RECURSIVE held AS (
  SELECT s.device_id, l.incident_id
  FROM signal s JOIN incident_signal l ON l.signal_id = s.id AND l.undone_at IS NULL
  WHERE s.device_id = ANY(%(devices)s) AND s.incident_id IS NOT NULL
  UNION
  SELECT h.device_id, m.merged_into FROM held h JOIN incident m ON m.id = h.incident_id AND m.state = 'merged')
SELECT DISTINCT ON (h.device_id) h.device_id, {columns_i}
FROM held h JOIN incident i ON i.id = h.incident_id AND i.state = 'open'
ORDER BY h.device_id, i.test, i.last_signal_at DESC, i.id;

-- name: due
SELECT {columns} FROM incident WHERE state = 'open' AND due_at <= %(now)s ORDER BY due_at, id LIMIT %(limit)s;

-- name: seeking
SELECT {columns} FROM incident
WHERE state = 'open' AND NOT test
  AND (drone = 'searching' OR (%(refused_too)s AND drone = 'refused'))
  AND NOT (cancelled AND NOT duress) AND placed
ORDER BY (drone = 'refused'), drone_tried_at NULLS FIRST, opened_at, id LIMIT %(limit)s;

-- name: tried
UPDATE incident SET drone_tried_at = %(now)s WHERE id = ANY (%(ids)s);

-- name: rehearsing
SELECT {columns} FROM incident WHERE state = 'open' AND test AND (drone = 'searching' OR NOT placed)
ORDER BY opened_at, id LIMIT %(limit)s;

-- name: put
INSERT INTO incident ({columns}, last_seq)
SELECT {columns}, last_seq FROM json_populate_recordset(NULL::incident, %(rows)s::json)
ON CONFLICT (id) DO UPDATE SET {updates}, last_seq = excluded.last_seq;

-- name: put_links
INSERT INTO incident_signal (incident_id, signal_id, score, reason, attached_by, attached_at)
SELECT t.incident_id, t.signal_id, t.score, t.reason, %(by)s, %(at)s
FROM unnest(%(incident_id)s::uuid[], %(signal_id)s::uuid[], %(score)s::real[], %(reason)s::text[])
  AS t (incident_id, signal_id, score, reason)
ON CONFLICT DO NOTHING;

-- name: move_signals
UPDATE signal s SET incident_id = t.incident_id
FROM unnest(%(incident_id)s::uuid[], %(signal_id)s::uuid[]) AS t (incident_id, signal_id)
WHERE s.id = t.signal_id AND s.incident_id IS DISTINCT FROM t.incident_id;

-- name: undo_links
UPDATE incident_signal l SET undone_at = %(at)s FROM signal s
WHERE l.incident_id = %(incident_id)s AND l.signal_id = ANY(%(signal_ids)s) AND l.undone_at IS NULL AND s.id = l.signal_id
RETURNING l.signal_id, s.device_id, l.score, l.reason;

-- name: call_devices_of
WITH RECURSIVE held AS (
  SELECT %(incident_id)s::uuid AS id
  UNION SELECT m.id FROM held JOIN incident m ON m.merged_into = held.id AND m.state = 'merged')
SELECT DISTINCT s.device_id FROM held
JOIN incident_signal l ON l.incident_id = held.id AND l.undone_at IS NULL
JOIN signal s ON s.id = l.signal_id
WHERE s.kind = ANY(%(kinds)s) AND NOT s.test;

-- name: signals_of
SELECT s.id, s.device_id, s.boot_id, s.seq, s.kind, s.claimed_at, s.received_at, s.lon, s.lat, s.accuracy_m, s.zone_id,
  coalesce(d.label, s.device_id), d.kind = 'personal', s.test, s.flags, s.turn
FROM incident_signal l JOIN signal s ON s.id = l.signal_id LEFT JOIN device d ON d.id = s.device_id
WHERE l.incident_id = %(incident_id)s AND l.undone_at IS NULL ORDER BY s.received_at, s.id;

-- name: callers
WITH RECURSIVE joined AS (
  SELECT %(id)s::uuid AS id
  UNION
  SELECT i.id FROM joined j JOIN incident i ON i.merged_into = j.id)
SELECT DISTINCT s.device_id
FROM joined j JOIN incident_signal l ON l.incident_id = j.id AND l.undone_at IS NULL
  JOIN signal s ON s.id = l.signal_id JOIN device d ON d.id = s.device_id AND d.kind = 'personal'
ORDER BY s.device_id;

-- name: proposal
SELECT id, incident_id, other_id, score, reason, proposed_at, state, decided_by, decided_at
FROM proposal WHERE id = %(id)s;

-- name: put_proposal
INSERT INTO proposal (id, incident_id, other_id, score, reason, proposed_at, state, decided_by, decided_at)
VALUES (%(id)s, %(incident_id)s, %(other_id)s, %(score)s, %(reason)s, %(proposed_at)s, %(state)s, %(decided_by)s,
  %(decided_at)s)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at;

-- name: touch
UPDATE incident SET last_seq = greatest(last_seq, %(seq)s) WHERE id = ANY(%(ids)s);

-- name: responder_tasks
SELECT id, incident_id, unit, user_id, state, told_at, changed_at FROM responder_task
WHERE incident_id = %(incident_id)s ORDER BY told_at, id;

-- name: told
SELECT DISTINCT incident_id FROM responder_task WHERE incident_id = ANY(%(ids)s) AND unit = %(unit)s;

-- name: put_responder_tasks
INSERT INTO responder_task (id, incident_id, unit, user_id, state, told_at, changed_at, last_seq)
SELECT id, incident_id, unit, user_id, state, told_at, changed_at, last_seq
FROM json_populate_recordset(NULL::responder_task, %(rows)s::json)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, last_seq = excluded.last_seq;

-- name: put_note
INSERT INTO incident_note (id, incident_id, kind, author_name, written_at, body, last_seq)
VALUES (%(id)s, %(incident_id)s, %(kind)s, %(author_name)s, %(written_at)s, %(body)s, %(last_seq)s);
