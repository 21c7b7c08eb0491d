-- name: crisis
SELECT {columns} FROM population.crisis WHERE id = %(id)s;

-- name: crises_now
SELECT {columns} FROM population.crisis
WHERE opened_at IS NOT NULL AND erased_at IS NULL ORDER BY drill, opened_at DESC;

-- name: enter_crisis
INSERT INTO population.crisis ({columns}, reason, last_seq) VALUES ({values}, %(reason)s, %(last_seq)s);

-- name: change_crisis
UPDATE population.crisis SET confirmed_by = %(confirmed_by)s, confirmed_role = %(confirmed_role)s, key = %(key)s,
  opened_at = %(opened_at)s, withdrawn_at = %(withdrawn_at)s, closed_by = %(closed_by)s, closed_at = %(closed_at)s,
  purge_at = %(purge_at)s, erased_at = %(erased_at)s, version = %(version)s, last_seq = %(last_seq)s,
  reason = CASE WHEN %(erased_at)s::timestamptz IS NULL THEN reason ELSE '' END
WHERE id = %(id)s;

-- name: counts
SELECT count(*), count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status = 2),
  count(*) FILTER (WHERE status = 3), count(*) FILTER (WHERE status = 4), coalesce(sum(tells), 0)
FROM population.checkin WHERE crisis_id = %(crisis_id)s;

-- name: erase_checkins
SELECT population.erase_checkins(%(crisis_id)s);

-- name: put_checkins
WITH made AS (
  INSERT INTO population.batch (crisis_id, leaves, root, at)
  VALUES (%(crisis_id)s, cardinality(%(sealed)b::bytea[]), %(root)s, %(now)s) RETURNING id
)
INSERT INTO population.checkin AS held
  (crisis_id, id, salt, sealed, said, contact, status, channel, tells, at, changed_at, batch)
SELECT %(crisis_id)s, substring(f FROM 1 FOR 16), substring(f FROM 17 FOR 16), u.sealed, substring(f FROM 33 FOR 16),
  CASE get_byte(f, 67) WHEN 1 THEN substring(f FROM 49 FOR 16) END,
  get_byte(f, 64), get_byte(f, 65), get_byte(f, 66), %(now)s, %(now)s, made.id
FROM made, unnest(%(sealed)b::bytea[]) WITH ORDINALITY AS u (sealed, n),
  LATERAL (SELECT substring(%(fixed)b::bytea FROM (u.n::integer - 1) * 68 + 1 FOR 68) OFFSET 0) AS l (f)
ON CONFLICT (crisis_id, id) DO UPDATE SET salt = excluded.salt, sealed = excluded.sealed, said = excluded.said,
  contact = excluded.contact, status = excluded.status, tells = excluded.tells, rev = held.rev + 1,
  changed_at = excluded.changed_at, batch = excluded.batch
-- What somebody took back stays so, whoever sends their form again; their own telephone (channel 2) may say it anew.
WHERE held.said <> excluded.said AND (held.status <> 4 OR excluded.channel = 2);

-- name: unrooted_batches
SELECT id, crisis_id, leaves, root FROM population.batch WHERE seq IS NULL ORDER BY id LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: rooted
UPDATE population.batch SET seq = %(seq)s WHERE id = ANY(%(ids)s);
