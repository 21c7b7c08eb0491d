-- name: findable_checkins
SELECT id, salt, sealed, status, changed_at FROM population.checkin
WHERE crisis_id = %(crisis_id)s AND id > %(after)s AND status <> 4 ORDER BY id LIMIT %(limit)s;

-- name: changed_checkins
SELECT id, salt, sealed, status, changed_at FROM population.checkin
WHERE crisis_id = %(crisis_id)s AND changed_at >= %(since)s;

-- name: standing_checkins
SELECT id FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = ANY(%(ids)b::bytea[]) AND status <> 4;
