-- name: findable_checkins
SELECT id, salt, sealed, status, changed_at FROM population.checkin
WHERE crisis_id = %(crisis_id)s AND id > %(after)s AND status <> 4 ORDER BY id LIMIT %(limit)s;

-- name: changed_checkins
SELECT id, salt, sealed, status, changed_at FROM population.checkin
WHERE crisis_id = %(crisis_id)s AND changed_at >= %(since)s
  AND changed_at < coalesce(%(before)s, 'infinity'::timestamptz);

-- name: standing_checkins
SELECT id FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = ANY(%(ids)b::bytea[]) AND status <> 4;

-- name: findable_persons
SELECT id, salt, sealed, {status}, changed_at FROM population.person
WHERE crisis_id = %(crisis_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s;

-- name: changed_persons
SELECT id, salt, sealed, {status}, changed_at FROM population.person
WHERE crisis_id = %(crisis_id)s AND changed_at >= %(since)s
  AND changed_at < coalesce(%(before)s, 'infinity'::timestamptz);

-- name: standing_persons
SELECT id FROM population.person WHERE crisis_id = %(crisis_id)s AND id = ANY(%(ids)b::bytea[]) AND hidden <> 1
  AND (expires_at IS NULL OR expires_at > clock_timestamp());
