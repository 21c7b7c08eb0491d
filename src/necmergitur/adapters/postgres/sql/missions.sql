-- name: one
SELECT {columns} FROM mission WHERE id = %(id)s;

-- name: live
SELECT {columns} FROM mission WHERE state <> 'ended' ORDER BY offered_at, id;

-- name: launched_since
SELECT id FROM mission WHERE airborne_at >= %(since)s ORDER BY airborne_at;

-- name: of_incident
SELECT {columns} FROM mission WHERE incident_id = %(incident_id)s ORDER BY offered_at, id;

-- name: failed_drones
SELECT incident_id, array_agg(DISTINCT drone_id) FROM mission
WHERE incident_id = ANY(%(incident_ids)s) AND state = 'ended' AND on_scene_at IS NULL AND end_reason <> ALL(%(excused)s)
  AND order_name NOT IN ('return', 'land') AND ended_at > %(since)s
GROUP BY incident_id;

-- name: offers_expired
SELECT {columns} FROM mission WHERE state = 'offered' AND offer_expires_at <= %(now)s ORDER BY offer_expires_at, id
LIMIT %(limit)s;

-- name: put
INSERT INTO mission ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET {updates}, last_seq = excluded.last_seq;

-- name: drones
SELECT r.id, d.lon, d.lat, r.zone_id, r.link_url, r.camera_url, r.system_id, r.signing_key, r.speed_m_s, r.enabled,
  r.disabled_reason, r.camera_kind
FROM drone r JOIN dock d ON d.id = r.dock_id
WHERE d.retired_at IS NULL OR EXISTS (SELECT FROM mission m WHERE m.drone_id = r.id AND m.state <> 'ended')
ORDER BY r.id;

-- name: offer_unanswered
UPDATE pilot_shift SET unanswered = unanswered + 1, paused = paused OR unanswered + 1 >= %(most)s
WHERE user_id = %(user_id)s AND ended_at IS NULL AND starts_at <= %(now)s AND ends_at > %(now)s
RETURNING unanswered = %(most)s;

-- name: offer_answered
UPDATE pilot_shift SET unanswered = 0 WHERE user_id = %(user_id)s AND ended_at IS NULL AND unanswered > 0;

-- name: ground_drone
UPDATE drone SET enabled = false, disabled_reason = %(reason)s WHERE id = %(id)s AND enabled;

-- name: pilots_on_shift
SELECT s.user_id, s.name, s.ends_at, q.valid_until, s.max_missions, coalesce(busy.missions, 0), s.paused, asked.at
FROM pilot_shift s
LEFT JOIN (SELECT pilot_id, count(*) AS missions FROM mission WHERE state <> 'ended' GROUP BY pilot_id) busy
  ON busy.pilot_id = s.user_id
LEFT JOIN (SELECT tried.pilot_id, max(m.offered_at) AS at
  FROM mission m, unnest(m.tried_pilots) AS tried (pilot_id)
  WHERE m.offered_at > %(now)s::timestamptz - interval '12 hours' GROUP BY tried.pilot_id) asked
  ON asked.pilot_id = s.user_id
LEFT JOIN qualification q ON q.user_id = s.user_id AND q.kind = %(kind)s AND q.valid_from <= %(now)s
WHERE s.ended_at IS NULL AND s.starts_at <= %(now)s AND s.ends_at > %(now)s
ORDER BY s.user_id;

-- name: geozone_set
-- Drawn around the city's middle, so an import draws anew.
SELECT max(id), (SELECT imported_at FROM city) FROM geozone_set HAVING count(*) > 0;

-- name: geozones
SELECT zones::text, read_at FROM geozone_set WHERE id = %(id)s;

-- name: docks_middle
SELECT avg(lon), avg(lat) FROM dock WHERE retired_at IS NULL;
