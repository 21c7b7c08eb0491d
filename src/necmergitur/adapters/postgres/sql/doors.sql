-- name: put_offer
INSERT INTO population.offer ({offer}) VALUES ({offer_values}) ON CONFLICT (crisis_id, id) DO NOTHING;

-- name: put_request
INSERT INTO population.request ({request}) VALUES ({request_values}) ON CONFLICT (crisis_id, id) DO NOTHING;

-- name: put_match
INSERT INTO population.match ({match}) VALUES ({match_values});

-- name: change_offer
UPDATE population.offer SET salt = %(salt)s, sealed = %(sealed)s, state = %(state)s, level = %(level)s, free = %(free)s,
  until = %(until)s, changed_at = %(changed_at)s, tries = %(tries)s WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: change_request
UPDATE population.request SET salt = %(salt)s, sealed = %(sealed)s, state = %(state)s, changed_at = %(changed_at)s,
  asked = %(asked)s, tries = %(tries)s WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: change_match
UPDATE population.match SET sealed = %(sealed)s, state = %(state)s, changed_at = %(changed_at)s,
  offered_at = %(offered_at)s, agreed_at = %(agreed_at)s, there_at = %(there_at)s, address_at = %(address_at)s,
  host_met_at = %(host_met_at)s, guest_met_at = %(guest_met_at)s, host_tries = %(host_tries)s,
  guest_tries = %(guest_tries)s, alerted_at = %(alerted_at)s, reported_by = %(reported_by)s,
  looked_at = %(looked_at)s, handled_at = %(handled_at)s WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: find_offer
SELECT {offer} FROM population.offer WHERE crisis_id IN (SELECT id FROM population.crisis WHERE erased_at IS NULL)
  AND id = %(id)s;

-- name: find_request
SELECT {request} FROM population.request WHERE crisis_id IN (SELECT id FROM population.crisis WHERE erased_at IS NULL)
  AND id = %(id)s;

-- name: offer_of
SELECT {offer} FROM population.offer WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR UPDATE;

-- name: request_of
SELECT {request} FROM population.request WHERE crisis_id = %(crisis_id)s AND id = %(id)s FOR UPDATE;

-- name: offer_referred
SELECT {offer} FROM population.offer WHERE crisis_id = %(crisis_id)s AND state IN (1, 2)
  AND %(reference)s ~ '^[0-9a-f]{8}$' AND encode(substring(id FROM 1 FOR 4), 'hex') = %(reference)s FOR UPDATE;

-- name: match_of
SELECT {match} FROM population.match WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: matches_of_host
SELECT {match} FROM population.match WHERE crisis_id = %(crisis_id)s AND offer_id = %(id)s ORDER BY at DESC;

-- name: matches_of_guest
SELECT {match} FROM population.match WHERE crisis_id = %(crisis_id)s AND request_id = %(id)s ORDER BY at DESC;

-- name: same_contact_host
SELECT id FROM population.offer WHERE crisis_id = %(crisis_id)s AND contact = %(contact)s AND id <> %(but)s
  AND state IN (2, 3) ORDER BY at;

-- name: same_contact_guest
SELECT id FROM population.request WHERE crisis_id = %(crisis_id)s AND contact = %(contact)s AND id <> %(but)s
  AND state IN (2, 3, 5) ORDER BY at;

-- name: addresses_given
SELECT count(*) FROM population.match m JOIN population.request r ON r.crisis_id = m.crisis_id AND r.id = m.request_id
WHERE m.crisis_id = %(crisis_id)s AND r.contact = %(contact)s AND m.agreed_at IS NOT NULL;

-- name: count_code
INSERT INTO population.code_sent AS held (crisis_id, contact, n) VALUES (%(crisis_id)s, %(contact)s, 1)
ON CONFLICT (crisis_id, contact) DO UPDATE SET n = least(held.n + 1, 1000) RETURNING n;

-- name: open_offers
SELECT {offer} FROM population.offer o WHERE crisis_id = %(crisis_id)s AND state = 2 AND free > 0
  AND level >= %(level)s AND until > %(now)s
  AND NOT EXISTS (SELECT FROM population.match m
                  WHERE m.crisis_id = o.crisis_id AND m.offer_id = o.id AND m.state IN (1, 2))
ORDER BY id;

-- name: due_requests
SELECT {request} FROM population.request r WHERE crisis_id = %(crisis_id)s AND state = 2 AND asked < 3
  AND until > %(now)s
  AND NOT EXISTS (SELECT FROM population.match m WHERE m.crisis_id = r.crisis_id AND m.request_id = r.id
                  AND (m.state = 2 OR (m.state = 1 AND m.at > %(asked_before)s)))
ORDER BY id;

-- name: met_before
SELECT r.contact, o.contact FROM population.match m
JOIN population.request r ON r.crisis_id = m.crisis_id AND r.id = m.request_id
JOIN population.offer o ON o.crisis_id = m.crisis_id AND o.id = m.offer_id WHERE m.crisis_id = %(crisis_id)s;

-- name: standing
SELECT {match} FROM population.match WHERE crisis_id = %(crisis_id)s AND state IN (1, 2, 3) ORDER BY at, id;

-- name: offers_standing
SELECT {offer} FROM population.offer o WHERE crisis_id = %(crisis_id)s AND EXISTS (
  SELECT FROM population.match m WHERE m.crisis_id = o.crisis_id AND m.offer_id = o.id AND m.state IN (1, 2, 3));

-- name: expire_offers
UPDATE population.offer SET state = 5, changed_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND state IN (1, 2) AND until <= %(now)s;

-- name: expire_requests
UPDATE population.request SET state = 7, changed_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND state IN (1, 2, 5) AND until <= %(now)s;

-- name: to_desk
UPDATE population.request r SET state = 5, changed_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND state = 2 AND asked >= %(asked)s
  AND NOT EXISTS (SELECT FROM population.match m
                  WHERE m.crisis_id = r.crisis_id AND m.request_id = r.id AND m.state IN (1, 2, 3));

-- name: cases
SELECT {match} FROM population.match WHERE crisis_id = %(crisis_id)s AND handled_at IS NULL
  AND (state = 8 OR alerted_at IS NOT NULL) ORDER BY coalesce(alerted_at, changed_at);

-- name: at_desk
SELECT {request} FROM population.request WHERE crisis_id = %(crisis_id)s AND state = 5 ORDER BY at;

-- name: drop_host
DELETE FROM population.offer WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: drop_guest
DELETE FROM population.request WHERE crisis_id = %(crisis_id)s AND id = %(id)s;

-- name: drop_messages
DELETE FROM population.message WHERE crisis_id = %(crisis_id)s AND about = %(id)s;

-- name: forget_offers
DELETE FROM population.offer o WHERE crisis_id = %(crisis_id)s AND state IN (1, 4, 5) AND changed_at < %(before)s
  AND NOT EXISTS (SELECT FROM population.match m WHERE m.crisis_id = o.crisis_id AND m.offer_id = o.id
                  AND (m.state = 3 OR ((m.state = 8 OR m.alerted_at IS NOT NULL) AND m.handled_at IS NULL)));

-- name: forget_requests
DELETE FROM population.request r WHERE crisis_id = %(crisis_id)s AND state IN (1, 4, 6, 7) AND changed_at < %(before)s
  AND NOT EXISTS (SELECT FROM population.match m WHERE m.crisis_id = r.crisis_id AND m.request_id = r.id
                  AND (m.state = 3 OR ((m.state = 8 OR m.alerted_at IS NOT NULL) AND m.handled_at IS NULL)));

-- name: lines
SELECT side, salt, sealed, at FROM population.match_message
WHERE crisis_id = %(crisis_id)s AND match_id = %(match_id)s ORDER BY id;

-- name: put_line
INSERT INTO population.match_message (crisis_id, match_id, side, salt, sealed, at)
VALUES (%(crisis_id)s, %(match_id)s, %(side)s, %(salt)s, %(sealed)s, %(at)s);

-- name: shelters
SELECT {shelter} FROM population.shelter WHERE crisis_id = %(crisis_id)s ORDER BY name, id;

-- name: put_shelter
INSERT INTO population.shelter ({shelter}) VALUES ({shelter_values})
ON CONFLICT (crisis_id, id) DO UPDATE SET name = excluded.name, kind = excluded.kind, address = excluded.address,
  lon = excluded.lon, lat = excluded.lat, places = excluded.places, taken = excluded.taken, animals = excluded.animals,
  wheelchair = excluded.wheelchair, open = excluded.open, by = excluded.by, at = excluded.at;

-- name: closed_areas
-- Areas that the desk closed, those of a call as long as it is not closed; and the city's orders to stay indoors.
SELECT {closed} FROM population.closed_area c WHERE crisis_id = %(crisis_id)s AND ended_at IS NULL
  AND NOT EXISTS (SELECT FROM public.incident i WHERE i.id = c.incident_id AND i.state = 'closed')
UNION ALL
SELECT %(crisis_id)s, ('00000000-0000-8000-8000-' || lpad(to_hex(n.id), 12, '0'))::uuid, 'stay_indoors', n.indoors_lon,
  n.indoors_lat, n.indoors_m, n.approved_by, n.approved_at, NULL::uuid
FROM public.city_notice n
WHERE n.indoors_m IS NOT NULL AND n.approved_at IS NOT NULL AND n.ended_at IS NULL AND n.until > clock_timestamp()
ORDER BY 8, 2;

-- name: put_closed
INSERT INTO population.closed_area ({closed}) VALUES ({closed_values});

-- name: end_closed
UPDATE population.closed_area SET ended_by = %(by)s, ended_at = %(now)s
WHERE crisis_id = %(crisis_id)s AND id = %(id)s AND ended_at IS NULL;

-- name: level
SELECT level_min FROM population.doors_rule WHERE crisis_id = %(crisis_id)s;

-- name: put_level
INSERT INTO population.doors_rule (crisis_id, level_min, by, at) VALUES (%(crisis_id)s, %(level)s, %(by)s, %(now)s)
ON CONFLICT (crisis_id) DO UPDATE SET level_min = excluded.level_min, by = excluded.by, at = excluded.at;

-- name: posts_near
SELECT label, lon, lat FROM public.device
WHERE kind = 'post' AND retired_at IS NULL AND lon IS NOT NULL
ORDER BY ((lon - %(lon)s) * cos(radians(%(lat)s)))^2 + (lat - %(lat)s)^2 LIMIT %(limit)s;

-- name: city_streets
SELECT imported_at, streets FROM public.city WHERE streets IS NOT NULL;

-- name: erase_doors
SELECT offers, requests FROM population.erase_doors(%(crisis_id)s);
