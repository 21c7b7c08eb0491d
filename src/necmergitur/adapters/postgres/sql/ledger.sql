-- name: lock
-- Appends take this lock until their commit, so the sequence is commit order and a tail reader misses nothing.
SELECT pg_advisory_xact_lock(20151113);

-- name: head
SELECT seq, hash FROM ledger_event ORDER BY seq DESC LIMIT 1;

-- name: versions
SELECT stream, max(version) FROM ledger_event WHERE stream = ANY(%(streams)s) GROUP BY stream;

-- name: append
INSERT INTO ledger_event ({columns})
SELECT seq, stream, version, kind, recorded_at, authorisation_id, actor,
  convert_from(decode(payload, 'base64'), 'UTF8')::json, decode(personal, 'base64'), decode(personal_hash, 'base64'),
  form, decode(prev_hash, 'base64'), decode(hash, 'base64')
FROM json_to_recordset(%(facts)s::json) AS t (
  seq bigint, stream text, version int, kind text, recorded_at timestamptz, authorisation_id uuid, actor text,
  payload text, personal text, personal_hash text, form smallint, prev_hash text, hash text);

-- name: notify
SELECT pg_notify('nec_ledger', %(seq)s::text);

-- name: stream
SELECT {read}
FROM ledger_event WHERE stream = %(stream)s AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s)) ORDER BY version;

-- name: tail
SELECT {read}
FROM ledger_event WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s;

-- name: enqueue
INSERT INTO outbox (kind, dedupe, payload, due_at)
SELECT * FROM unnest(%(kind)s::text[], %(dedupe)s::text[], %(payload)s::json[], %(due_at)s::timestamptz[])
ON CONFLICT (dedupe) DO NOTHING;

-- name: lease
UPDATE outbox SET leased_until = %(now)s::timestamptz + %(lease)s::interval, attempts = attempts + 1
WHERE id IN (
  SELECT id FROM outbox
  WHERE done_at IS NULL AND due_at <= %(now)s AND (leased_until IS NULL OR leased_until < %(now)s)
  ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, kind, payload::text, attempts, dedupe;

-- name: effects_done
UPDATE outbox SET done_at = %(now)s, error = NULL WHERE id = ANY(%(ids)s);

-- name: forget_effects
DELETE FROM outbox WHERE done_at < %(before)s;

-- name: effect_failed
UPDATE outbox SET error = %(error)s, leased_until = NULL, due_at = %(due_at)s,
  done_at = CASE WHEN %(give_up)s THEN %(now)s::timestamptz END
WHERE id = %(id)s;

-- name: data_key
SELECT key FROM holders.data_key WHERE key_id = %(key_id)s AND destroyed_at IS NULL;

-- name: put_data_keys
INSERT INTO holders.data_key (key_id, key) SELECT * FROM unnest(%(names)s::text[], %(keys)s::bytea[]);

-- name: put_data_key
INSERT INTO holders.data_key (key_id, key) VALUES (%(key_id)s, %(key)s) ON CONFLICT (key_id) DO NOTHING;

-- name: spill_little
SET LOCAL work_mem = '64kB';

-- name: spill
-- A sort of four megabytes that does not fit into memory: written to the disk the facts are on, and thrown away.
SELECT count(*) FROM (SELECT repeat(md5(n::text), 64) AS line FROM generate_series(1, 2048) n ORDER BY 1 OFFSET 0) t;

-- name: list_short
-- The list of destroyed keys is not whole: what an erased person's restored key opens is not told from the rest.
SELECT FROM system_alarm WHERE name = 'shred_list_short' AND cleared_at IS NULL;
