-- name: put_person
INSERT INTO population.person AS held (crisis_id, {columns}) VALUES (%(crisis_id)s, {values})
ON CONFLICT (crisis_id, id) DO UPDATE SET salt = excluded.salt, sealed = excluded.sealed, said = excluded.said,
  sought = excluded.sought, minor = excluded.minor, expires_at = excluded.expires_at, changed_at = excluded.changed_at
WHERE held.said <> excluded.said;

-- name: person
SELECT {columns} FROM population.person WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: person_of_record
SELECT {columns} FROM population.person WHERE crisis_id = %(crisis_id)s AND record = %(record)s;

-- name: persons_since
SELECT {columns} FROM population.person WHERE crisis_id = %(crisis_id)s AND entered_at >= %(since)s AND {shown}
ORDER BY entered_at, id OFFSET %(skip)s LIMIT %(limit)s;

-- name: persons_newest
SELECT {columns} FROM population.person WHERE crisis_id = %(crisis_id)s AND {shown}
ORDER BY entered_at DESC, id OFFSET %(skip)s LIMIT %(limit)s;

-- name: persons_changed
SELECT {columns} FROM population.person
WHERE crisis_id = %(crisis_id)s AND (changed_at, id) > (%(changed_at)s, %(id)s) ORDER BY changed_at, id LIMIT %(limit)s;

-- name: persons_waiting
SELECT {columns} FROM population.person
WHERE crisis_id = %(crisis_id)s AND (hidden IN (4, 5) OR (listed AND minor AND verified_by IS NULL AND hidden = 0))
ORDER BY entered_at, id LIMIT %(limit)s;

-- name: drop_person
WITH gone AS (DELETE FROM population.person WHERE crisis_id = %(crisis_id)s AND id = %(id)s RETURNING id),
  unwritten AS (DELETE FROM population.message WHERE crisis_id = %(crisis_id)s AND about = %(id)s)
DELETE FROM population.tie t USING gone WHERE t.crisis_id = %(crisis_id)s AND gone.id IN (t."left", t."right");

-- name: put_note
INSERT INTO population.note (crisis_id, {columns}) VALUES (%(crisis_id)s, {values})
ON CONFLICT (crisis_id, id) DO NOTHING;

-- name: note
SELECT {columns} FROM population.note WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: notes_of
SELECT {columns} FROM population.note WHERE crisis_id = %(crisis_id)s AND person = ANY(%(persons)b::bytea[])
ORDER BY entered_at, id;

-- name: notes_since
SELECT {prefixed} FROM population.note n JOIN population.person p ON p.crisis_id = n.crisis_id AND p.id = n.person
WHERE n.crisis_id = %(crisis_id)s AND n.entered_at >= %(since)s AND {shown}
ORDER BY n.entered_at, n.id OFFSET %(skip)s LIMIT %(limit)s;

-- name: notes_newest
SELECT {prefixed} FROM population.note n JOIN population.person p ON p.crisis_id = n.crisis_id AND p.id = n.person
WHERE n.crisis_id = %(crisis_id)s AND {shown}
ORDER BY n.entered_at DESC, n.id OFFSET %(skip)s LIMIT %(limit)s;

-- name: notes_waiting
SELECT {columns} FROM population.note
WHERE crisis_id = %(crisis_id)s AND (hidden = 4 OR flagged_at IS NOT NULL AND hidden = 0
  OR status = 5 AND hidden = 0 AND family_told_at IS NULL)
ORDER BY entered_at, id LIMIT %(limit)s;

-- name: put_ties
INSERT INTO population.tie (crisis_id, kind, "left", "right", state, by, at)
SELECT %(crisis_id)s, u.* FROM unnest(%(kinds)s::smallint[], %(lefts)b::bytea[], %(rights)b::bytea[],
  %(states)s::smallint[], %(bys)s::bigint[], %(ats)s::timestamptz[]) AS u
ON CONFLICT DO NOTHING;

-- name: change_tie
UPDATE population.tie SET state = %(state)s, by = coalesce(%(by)s, by), at = %(at)s
WHERE crisis_id = %(crisis_id)s AND kind = %(kind)s AND "left" = %(left)s AND "right" = %(right)s
  AND (%(before)s::smallint[] IS NULL OR state = ANY(%(before)s::smallint[]));

-- name: ties
SELECT {columns} FROM population.tie WHERE crisis_id = %(crisis_id)s AND kind = %(kind)s
  AND state = ANY(%(states)s::smallint[]) ORDER BY at, "left", "right" LIMIT %(limit)s;

-- name: ties_of
SELECT {columns} FROM population.tie WHERE crisis_id = %(crisis_id)s AND %(id)s IN ("left", "right")
ORDER BY at, "left", "right";

-- name: put_question
INSERT INTO population.question (crisis_id, {columns}) VALUES (%(crisis_id)s, {values})
ON CONFLICT (crisis_id, id) DO NOTHING;

-- name: question
SELECT {columns} FROM population.question WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: questions_named
SELECT {columns} FROM population.question q WHERE crisis_id = %(crisis_id)s AND subject IS NULL
  AND NOT EXISTS (SELECT FROM population.tie t WHERE t.crisis_id = q.crisis_id AND t.kind = 3 AND t."left" = q.id)
  AND (at, id) > (%(at)s, %(id)s) ORDER BY at, id LIMIT %(limit)s;

-- name: answer_question
UPDATE population.question SET answer = %(answer)s WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: drop_question
WITH gone AS (DELETE FROM population.question WHERE crisis_id = %(crisis_id)s AND id = %(id)s RETURNING id),
  unwritten AS (DELETE FROM population.message WHERE crisis_id = %(crisis_id)s AND about = %(id)s)
DELETE FROM population.tie t USING gone WHERE t.crisis_id = %(crisis_id)s AND t.kind = 3 AND t."left" = gone.id;

-- name: match_questions
INSERT INTO population.tie (crisis_id, kind, "left", "right", state, at)
SELECT q.crisis_id, 3, q.id, c.id, 1, %(now)s
FROM population.question q
JOIN population.checkin c ON c.crisis_id = q.crisis_id AND q.subject IN (c.contact, c.id) AND c.status <> 4
WHERE q.crisis_id = %(crisis_id)s
  AND NOT EXISTS (SELECT FROM population.not_to_be_found f
                  WHERE f.crisis_id = q.crisis_id AND f.digest IN (q.subject, c.contact))
  -- Whoever has this number said that the check-in is not theirs.
  AND NOT EXISTS (SELECT FROM population.confirmation n WHERE n.crisis_id = c.crisis_id AND n.checkin = c.id
                    AND n.contact = c.contact AND n.state = 2)
  AND NOT EXISTS (SELECT FROM population.ban b
                  WHERE b.crisis_id = q.crisis_id AND b.contact = q.asker AND b.lifted_at IS NULL)
  -- Whom somebody blocked asks them no more, under whatever name.
  AND NOT EXISTS (SELECT FROM population.tie b JOIN population.question o ON o.crisis_id = b.crisis_id AND o.id = b."left"
                  WHERE b.crisis_id = q.crisis_id AND b.kind = 3 AND b.state = 7 AND b."right" = c.id
                    AND o.asker = q.asker)
ON CONFLICT DO NOTHING;

-- name: match_checkins
INSERT INTO population.tie (crisis_id, kind, "left", "right", state, at)
SELECT p.crisis_id, 2, p.id, c.id, 1, %(now)s
FROM population.person p
JOIN population.checkin c ON c.crisis_id = p.crisis_id AND c.contact = ANY(p.sought) AND c.status <> 4
WHERE p.crisis_id = %(crisis_id)s AND p.hidden NOT IN (1, 3, 5)
  AND NOT EXISTS (SELECT FROM population.confirmation n WHERE n.crisis_id = c.crisis_id AND n.checkin = c.id
                    AND n.contact = c.contact AND n.state = 2)
ON CONFLICT DO NOTHING;

-- name: match_duplicates
INSERT INTO population.tie (crisis_id, kind, "left", "right", state, at)
SELECT DISTINCT a.crisis_id, 1, least(a.id, b.id), greatest(a.id, b.id), 1, %(now)s::timestamptz
FROM population.person a JOIN population.person b ON b.crisis_id = a.crisis_id AND b.sought && a.sought AND b.id > a.id
WHERE a.crisis_id = %(crisis_id)s AND a.sought <> '{}' AND a.hidden NOT IN (1, 3) AND b.hidden NOT IN (1, 3)
ON CONFLICT DO NOTHING;

-- name: checkin
SELECT {columns} FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: put_not_to_be_found
INSERT INTO population.not_to_be_found (crisis_id, digest, at)
SELECT %(crisis_id)s, d, %(now)s FROM unnest(%(digests)b::bytea[]) AS d ON CONFLICT DO NOTHING;

-- name: hide_not_to_be_found
UPDATE population.person SET hidden = 3, changed_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND sought && %(digests)b::bytea[] AND hidden <> 3;

-- name: not_to_be_found
SELECT 1 FROM population.not_to_be_found WHERE crisis_id = %(crisis_id)s AND digest = ANY(%(digests)b::bytea[]) LIMIT 1;

-- name: put_picture
INSERT INTO population.picture (crisis_id, person, salt, sealed, at)
SELECT p.crisis_id, p.id, %(salt)s, %(sealed)s, %(now)s FROM population.person p
WHERE p.crisis_id = %(crisis_id)s AND p.id = %(id)s
ON CONFLICT (crisis_id, person) DO UPDATE SET salt = excluded.salt, sealed = excluded.sealed, at = excluded.at;

-- name: picture
SELECT salt, sealed FROM population.picture WHERE crisis_id = %(crisis_id)s AND person = %(id)s;

-- name: pictured
SELECT person FROM population.picture WHERE crisis_id = %(crisis_id)s AND person = ANY(%(persons)b::bytea[]);

-- name: looked_at
INSERT INTO population.picture_look (crisis_id, person, who, at) VALUES (%(crisis_id)s, %(id)s, %(who)s, %(now)s);

-- name: counts
SELECT (SELECT count(*) FROM population.person WHERE crisis_id = %(crisis_id)s),
  (SELECT count(*) FROM population.person WHERE crisis_id = %(crisis_id)s AND listed),
  (SELECT count(*) FROM population.note WHERE crisis_id = %(crisis_id)s),
  (SELECT count(*) FROM population.question WHERE crisis_id = %(crisis_id)s);

-- name: erase_missing
SELECT persons, notes, pictures, questions FROM population.erase_missing(%(crisis_id)s);
