-- name: sensors
SELECT {columns} FROM sensor WHERE CASE WHEN %(ids)s::text[] IS NULL THEN retired_at IS NULL ELSE id = ANY(%(ids)s) END
ORDER BY id;

-- name: put_sensor
INSERT INTO sensor ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET label = excluded.label, modality = excluded.modality,
  payload_schema = excluded.payload_schema, zone_id = excluded.zone_id, lon = excluded.lon, lat = excluded.lat,
  rate_per_minute = excluded.rate_per_minute, firmware = excluded.firmware,
  certificate_subject = coalesce(excluded.certificate_subject, sensor.certificate_subject),
  retired_at = excluded.retired_at, answered_at = coalesce(excluded.answered_at, sensor.answered_at),
  told_at = CASE WHEN excluded.told_at IS NOT NULL THEN greatest(sensor.told_at, excluded.told_at) END,
  last_seq = excluded.last_seq;

-- name: certificates
SELECT id, certificate_subject FROM sensor WHERE certificate_subject IS NOT NULL AND retired_at IS NULL ORDER BY id;

-- name: touch
UPDATE sensor SET answered_at = %(now)s WHERE id = ANY(%(ids)s);

-- name: tell
UPDATE sensor SET told_run = %(run)s, told_why = %(why)s, told_at = %(now)s WHERE id = %(id)s;

-- name: last_reading
SELECT boot_id, seq, minute FROM reading_last(%(stream)s);

-- name: put_readings
INSERT INTO reading (stream, boot_id, seq, at, bucket, zone_id, modality, payload, authorisation_id, erase_at, key_id,
  salt, sealed)
SELECT stream, boot_id, seq, at, bucket, zone_id, modality, payload::jsonb, authorisation_id, erase_at, key_id,
  decode(salt, 'base64'), decode(sealed, 'base64')
FROM json_to_recordset(%(readings)s::json) AS t (
  stream text, boot_id bigint, seq bigint, at timestamptz, bucket timestamptz, zone_id text, modality text,
  payload text, authorisation_id uuid, erase_at timestamptz, key_id uuid, salt text, sealed text);

-- name: make_key
INSERT INTO holders.reading_key (authorisation_id, dies_at, key) VALUES (%(paper)s, %(dies_at)s, %(key)s)
ON CONFLICT (authorisation_id, dies_at) DO NOTHING;

-- name: key_of_day
SELECT key_id, key FROM holders.reading_key
WHERE authorisation_id = %(paper)s AND dies_at = %(dies_at)s AND destroyed_at IS NULL;

-- name: keys_by_id
SELECT key_id, key FROM holders.reading_key WHERE key_id = ANY(%(ids)s) AND destroyed_at IS NULL;

-- name: log_stands
SELECT FROM system_alarm WHERE name = 'log_refused' AND cleared_at IS NULL;

-- name: destroy_keys
SELECT authorisation_id, stream, count, died_at FROM reading_key_destroy(%(now)s);

-- name: papers_over
SELECT a.id, a.streams[1], a.valid_until FROM authorisation a LEFT JOIN stream_end e ON e.authorisation_id = a.id
WHERE a.kind = 'stream' AND a.paper IS NOT NULL AND a.revoked_at IS NULL AND a.valid_until <= %(now)s
  AND a.streams[1] LIKE 'sensor:%%' AND e.closed_seq IS NULL ORDER BY a.valid_until, a.id LIMIT 1000;

-- name: papers_gone
SELECT authorisation_id, stream FROM reading_papers_gone(%(before)s);

-- name: mark_end
INSERT INTO stream_end (authorisation_id, closed_seq, unreadable_seq) VALUES (%(id)s, %(closed)s, %(unreadable)s)
ON CONFLICT (authorisation_id) DO UPDATE SET closed_seq = coalesce(stream_end.closed_seq, excluded.closed_seq),
  unreadable_seq = coalesce(stream_end.unreadable_seq, excluded.unreadable_seq);

-- name: put_refused
INSERT INTO reading_refusal (stream, rule, minute, count)
SELECT t.* FROM unnest(%(stream)s::text[], %(rule)s::text[], %(minute)s::timestamptz[], %(count)s::int[])
  AS t (stream, rule, minute, count)
JOIN sensor s ON t.stream = 'sensor:' || s.id
ON CONFLICT (stream, rule, minute) DO UPDATE SET count = reading_refusal.count + excluded.count;

-- name: refused_before
SELECT stream, rule, minute, count FROM reading_refusal WHERE published_seq IS NULL AND minute < %(minute)s
ORDER BY minute, stream, rule LIMIT 1000;

-- name: mark_published
UPDATE reading_refusal SET published_seq = %(seq)s
WHERE stream = %(stream)s AND minute = %(minute)s AND rule = ANY(%(rules)s) AND published_seq IS NULL;

-- name: unrooted
SELECT stream, bucket, authorisation_id, count FROM reading_unrooted(%(before)s);

-- name: leaves
SELECT leaf FROM reading_leaves(%(stream)s, %(bucket)s);

-- name: mark_rooted
UPDATE sensor SET rooted_until = greatest(rooted_until, %(bucket)s) WHERE 'sensor:' || id = %(stream)s;

-- name: erase
SELECT stream, count FROM reading_erase(%(now)s);

-- name: papers_of
SELECT {papers} FROM authorisation WHERE kind = 'stream' AND %(stream)s = ANY(streams) ORDER BY granted_at DESC;

-- name: say_who
-- What the database's own judgement asks of whoever reads: gone with the transaction.
SELECT set_config('nec.purpose', %(purpose)s, true), set_config('nec.reader', %(reader)s, true),
  set_config('nec.glass', %(glass)s, true);

-- name: read
SELECT stream, boot_id, seq, at, zone_id, authorisation_id, payload::text, salt, leaf, key_id, sealed FROM reading
WHERE stream = %(stream)s AND bucket >= %(since)s AND bucket < %(until)s AND erase_at > %(now)s
ORDER BY at LIMIT %(limit)s;
