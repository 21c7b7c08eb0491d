-- name: session
SELECT user_id, display_name, roles, language FROM live_session WHERE key_hash = %(key)s AND expires_at > now();

-- name: head
SELECT coalesce((SELECT seq FROM ledger_event ORDER BY seq DESC LIMIT 1), 0);

-- name: incidents_since
SELECT last_seq, row_to_json(i)::text FROM incident i WHERE last_seq > %(after)s ORDER BY last_seq LIMIT %(limit)s;

-- name: missions_since
SELECT last_seq, row_to_json(m)::text FROM mission m WHERE last_seq > %(after)s ORDER BY last_seq LIMIT %(limit)s;

-- name: incidents_now
SELECT row_to_json(i)::text FROM incident i
WHERE state = 'open' OR (state = 'closed' AND closed_at > now() - interval '10 minutes')
ORDER BY due_at NULLS LAST, opened_at DESC LIMIT 2000;

-- name: missions_now
SELECT row_to_json(m)::text FROM mission m
WHERE state <> 'ended' OR ended_at > now() - interval '10 minutes' ORDER BY offered_at DESC LIMIT 1000;

-- name: proposals_open
SELECT json_build_object('id', p.id, 'incident_id', p.incident_id, 'other_id', p.other_id, 'score', p.score,
  'reason', p.reason, 'proposed_at', p.proposed_at, 'state', p.state)::text
FROM proposal p JOIN incident a ON a.id = p.incident_id JOIN incident b ON b.id = p.other_id
WHERE p.state = 'open' AND a.state = 'open' AND b.state = 'open' ORDER BY p.proposed_at DESC LIMIT 200;

-- name: proposals_decided
SELECT json_build_object('id', id, 'incident_id', incident_id, 'other_id', other_id, 'score', score, 'reason', reason,
  'proposed_at', proposed_at, 'state', state)::text
FROM proposal WHERE decided_at > now() - interval '5 minutes' ORDER BY decided_at DESC LIMIT 200;

-- name: alarms
SELECT name, raised_at, detail FROM system_alarm WHERE cleared_at IS NULL ORDER BY raised_at;

-- name: pilots
SELECT count(*), count(*) FILTER (WHERE NOT s.paused AND q.valid_until > now() AND s.max_missions >
  (SELECT count(*) FROM mission m WHERE m.pilot_id = s.user_id AND m.state <> 'ended'))
FROM pilot_shift s LEFT JOIN qualification q ON q.user_id = s.user_id AND q.kind = 'drone_pilot'
WHERE s.ended_at IS NULL AND s.starts_at <= now() AND s.ends_at > now();

-- name: city
SELECT name FROM city;

-- name: credential
SELECT id, credential_hash FROM device WHERE id = ANY(%(ids)s) AND credential_hash IS NOT NULL;

-- name: picture
SELECT m.phase, r.camera_url FROM mission m JOIN drone r ON r.id = m.drone_id
WHERE m.id = %(id)s AND m.state = 'flying';
