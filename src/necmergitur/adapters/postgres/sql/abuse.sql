-- name: banned
SELECT contact FROM population.ban WHERE crisis_id = %(crisis_id)s AND lifted_at IS NULL;

-- name: bans
SELECT {columns} FROM population.ban WHERE crisis_id = %(crisis_id)s AND lifted_at IS NULL ORDER BY at DESC, id LIMIT 200;

-- name: put_ban
INSERT INTO population.ban (crisis_id, contact, salt, reason, banned_by, banned_role, at)
VALUES (%(crisis_id)s, %(contact)s, %(salt)s, %(reason)s, %(by)s, %(role)s, %(now)s)
ON CONFLICT (crisis_id, contact) WHERE lifted_at IS NULL DO NOTHING;

-- name: lift_ban
UPDATE population.ban SET lifted_by = %(by)s, lifted_role = %(role)s, lifted_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND id = %(id)s AND lifted_at IS NULL;

-- name: askers
SELECT q.asker, count(DISTINCT q.id), count(*) FILTER (WHERE t.state = 7), count(*) FILTER (WHERE t.state = 6), max(q.at)
FROM population.question q
LEFT JOIN population.tie t ON t.crisis_id = q.crisis_id AND t.kind = 3 AND t."left" = q.id
WHERE q.crisis_id = %(crisis_id)s
  AND NOT EXISTS (SELECT FROM population.ban b
                  WHERE b.crisis_id = q.crisis_id AND b.contact = q.asker AND b.lifted_at IS NULL)
GROUP BY q.asker HAVING count(*) FILTER (WHERE t.state = 7) > 0 OR count(DISTINCT q.id) >= %(many)s
ORDER BY 3 DESC, 2 DESC, 1 LIMIT %(limit)s;

-- name: questions_by
SELECT {question} FROM population.question WHERE crisis_id = %(crisis_id)s AND asker = %(asker)s
ORDER BY at DESC, id LIMIT %(limit)s;

-- name: count_pace
INSERT INTO population.pace AS held (crisis_id, what, source, slot, n)
VALUES (%(crisis_id)s, %(what)s, %(source)s, %(slot)s, 1)
ON CONFLICT (crisis_id, what, source, slot) DO UPDATE SET n = least(held.n + 1, 1000000) RETURNING n;

-- name: checkins_with
SELECT count(*) FROM population.checkin WHERE crisis_id = %(crisis_id)s AND contact = %(contact)s AND status <> 4;

-- name: paces
SELECT source, sum(n) FROM population.pace WHERE crisis_id = %(crisis_id)s AND what = %(what)s
GROUP BY source HAVING sum(n) >= %(many)s ORDER BY 2 DESC, 1 LIMIT %(limit)s;

-- name: erase_bans
DELETE FROM population.ban WHERE crisis_id = %(crisis_id)s;

-- name: erase_paces
DELETE FROM population.pace WHERE crisis_id = %(crisis_id)s;
