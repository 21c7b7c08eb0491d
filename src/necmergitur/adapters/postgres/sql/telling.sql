-- name: to_tell
SELECT crisis_id, id, salt, sealed, status, rev, changed_at, followers > 0 FROM population.checkin
WHERE (tells > 0 AND told_rev < rev) OR (followers > 0 AND told_rev < rev)
ORDER BY status IN (2, 3) DESC, changed_at LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: told
UPDATE population.checkin c SET told_rev = u.rev FROM unnest(%(ids)s::bytea[], %(revs)s::integer[]) AS u (id, rev)
WHERE c.crisis_id = %(crisis_id)s AND c.id = u.id;

-- name: put_messages
INSERT INTO population.message (crisis_id, id, about, salt, sealed, due_at)
SELECT u.crisis_id, u.id, u.about, u.salt, u.sealed, %(due_at)s
FROM unnest(%(crises)s::uuid[], %(ids)s::bytea[], %(abouts)s::bytea[], %(salts)s::bytea[], %(sealed)s::bytea[])
  AS u (crisis_id, id, about, salt, sealed);

-- name: lease_messages
UPDATE population.message m SET due_at = %(until)s FROM (
  SELECT crisis_id, id FROM population.message WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED) due
WHERE m.crisis_id = due.crisis_id AND m.id = due.id
RETURNING m.id, m.crisis_id, m.about, m.salt, m.sealed, m.attempts;

-- name: forget_messages
DELETE FROM population.message m USING unnest(%(crises)s::uuid[], %(ids)s::bytea[]) AS u (crisis_id, id)
WHERE m.crisis_id = u.crisis_id AND m.id = u.id;

-- name: count_up
INSERT INTO population.tally AS held (crisis_id, what, n) VALUES (%(crisis_id)s, %(what)s, %(n)s)
ON CONFLICT (crisis_id, what) DO UPDATE SET n = held.n + excluded.n;

-- name: put_off
UPDATE population.message SET due_at = %(due_at)s, attempts = attempts + 1
WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: tallies
SELECT what, n FROM population.tally WHERE crisis_id = %(crisis_id)s ORDER BY what;

-- name: erase_messages
DELETE FROM population.message WHERE crisis_id = %(crisis_id)s;
