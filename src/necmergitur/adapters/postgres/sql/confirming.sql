-- name: confirmation
SELECT {columns} FROM population.confirmation
WHERE crisis_id = %(crisis_id)s AND checkin = %(checkin)s AND contact = %(contact)s;

-- name: letters_to
SELECT coalesce(sum(letters), 0) FROM population.confirmation
WHERE crisis_id = %(crisis_id)s AND contact = %(contact)s;

-- name: ask_confirmation
INSERT INTO population.confirmation AS held (crisis_id, checkin, contact, letters, asked_at)
VALUES (%(crisis_id)s, %(checkin)s, %(contact)s, %(letters)s, %(now)s)
ON CONFLICT (crisis_id, checkin, contact) DO UPDATE SET letters = held.letters + excluded.letters;

-- name: settle_confirmation
UPDATE population.confirmation SET state = %(state)s, by = %(by)s, settled_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND checkin = %(checkin)s AND contact = %(contact)s AND state = 0;

-- name: confirmations_waiting
SELECT {columns} FROM population.confirmation WHERE crisis_id = %(crisis_id)s AND state = 0
ORDER BY asked_at, checkin LIMIT %(limit)s;

-- name: sought_by
SELECT id FROM population.person WHERE crisis_id = %(crisis_id)s AND sought && ARRAY[%(contact)b::bytea]
ORDER BY entered_at, id LIMIT %(limit)s;

-- name: free_checkin
UPDATE population.tie SET state = 3, at = %(now)s
WHERE crisis_id = %(crisis_id)s AND "right" = %(checkin)s AND kind IN (2, 3) AND state IN (1, 4);
