-- name: checkin
SELECT id, salt, sealed, said, contact, status, channel, tells, at, changed_at, rev, told_rev
FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: checkin_to_change
SELECT id, salt, sealed, said, contact, status, channel, tells, at, changed_at, rev, told_rev
FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR UPDATE;

-- name: erase_checkin
DELETE FROM population.checkin WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: erase_messages_about
DELETE FROM population.message WHERE crisis_id = %(crisis_id)s AND about = %(id)s;
