-- name: status
SELECT status FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR UPDATE;

-- name: question
SELECT FROM population.question WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR SHARE;

-- name: notice
SELECT FROM population.person WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR SHARE;

-- name: phones
SELECT about, why, endpoint, salt, sealed FROM population.phone
WHERE crisis_id = %(crisis_id)s AND about = ANY(%(abouts)s) AND why = %(why)s ORDER BY at;

-- name: put_phone
INSERT INTO population.phone AS held (crisis_id, about, why, endpoint, salt, sealed, at)
VALUES (%(crisis_id)s, %(about)s, %(why)s, %(endpoint)s, %(salt)s, %(sealed)s, %(now)s)
ON CONFLICT (crisis_id, about, why, endpoint) DO UPDATE SET salt = excluded.salt, sealed = excluded.sealed;

-- name: drop_phone
DELETE FROM population.phone WHERE crisis_id = %(crisis_id)s AND endpoint = %(endpoint)s
  AND (%(about)s::bytea IS NULL OR about = %(about)s) AND (%(why)s::smallint IS NULL OR why = %(why)s)
RETURNING about;

-- name: count_followers
-- Who follows somebody that told nobody hears of the next change, not of what they can read there now.
UPDATE population.checkin c SET followers = held.n,
  told_rev = CASE WHEN c.tells = 0 AND c.followers = 0 THEN c.rev ELSE c.told_rev END
FROM (SELECT u.about, (SELECT count(*) FROM population.phone p
                       WHERE p.crisis_id = %(crisis_id)s AND p.about = u.about AND p.why = 1) AS n
      FROM unnest(%(abouts)s::bytea[]) AS u (about)) held
WHERE c.crisis_id = %(crisis_id)s AND c.id = held.about AND c.followers <> held.n;

-- name: erase_phones
DELETE FROM population.phone WHERE crisis_id = %(crisis_id)s;
