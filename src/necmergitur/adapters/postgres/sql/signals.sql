-- name: known_signals
-- Whoever closed or merged an incident has seen it, but for tests, which close by themselves.
-- A merged incident is over when the one it was merged into is.
SELECT DISTINCT ON (s.device_id, s.boot_id, s.seq) s.device_id, s.boot_id, s.seq, s.id, s.incident_id,
  CASE WHEN i.state <> 'open' AND i.rung = 'received' AND NOT i.test THEN 'seen' ELSE i.rung END,
  s.recorded_at, s.turn, s.lon IS NOT NULL OR d.lon IS NOT NULL, 'pin_accepted' = ANY(s.flags),
  NOT i.test AND coalesce((WITH RECURSIVE up AS (
      SELECT i.state, i.merged_into
      UNION ALL SELECT m.state, m.merged_into FROM up JOIN incident m ON m.id = up.merged_into AND up.state = 'merged')
    SELECT bool_or(up.state = 'closed') FROM up), false)
FROM unnest(%(device)s::text[], %(boot)s::bigint[], %(seq)s::bigint[]) AS k (device_id, boot_id, seq)
JOIN signal s USING (device_id, boot_id, seq)
LEFT JOIN device d ON d.id = s.device_id
LEFT JOIN incident i ON i.id = s.incident_id
ORDER BY s.device_id, s.boot_id, s.seq, s.turn DESC;

-- name: devices
SELECT id, kind, label, zone_id, lon, lat, retired_at IS NOT NULL, credential_hash, cancel_hash, duress_hash
FROM device WHERE id = ANY(%(ids)s);

-- name: test_windows
SELECT zones FROM test_window WHERE starts_at <= %(now)s AND ends_at > %(now)s;

-- name: put_signals
INSERT INTO signal (id, device_id, boot_id, seq, kind, claimed_at, received_at, recorded_at, lon, lat, accuracy_m,
  zone_id, flags, test, incident_id, authorisation_id, ledger_seq, turn)
SELECT id, device_id, boot_id, seq, kind, claimed_at, received_at, %(recorded_at)s, lon, lat, accuracy_m, zone_id,
  CASE WHEN flags = '' THEN '{}'::text[] ELSE string_to_array(flags, ',') END,
  test, incident_id, authorisation_id, %(ledger_seq)s, turn
FROM unnest(%(id)s::uuid[], %(device_id)s::text[], %(boot_id)s::bigint[], %(seq)s::bigint[], %(kind)s::text[],
  %(claimed_at)s::timestamptz[], %(received_at)s::timestamptz[], %(lon)s::float8[], %(lat)s::float8[],
  %(accuracy_m)s::real[], %(zone_id)s::text[], %(flags)s::text[], %(test)s::boolean[], %(incident_id)s::uuid[],
  %(authorisation_id)s::uuid[], %(turn)s::int[])
  AS t (id, device_id, boot_id, seq, kind, claimed_at, received_at, lon, lat, accuracy_m, zone_id, flags, test,
        incident_id, authorisation_id, turn);

-- name: place_signal
UPDATE signal SET lon = %(lon)s, lat = %(lat)s, accuracy_m = %(accuracy_m)s, zone_id = %(zone_id)s,
  flags = array_append(array_remove(flags, 'no_position'), %(flag)s)
WHERE id = %(id)s;

-- name: heartbeats
INSERT INTO device_health (device_id, heartbeat_at, battery_pct, rssi_dbm, firmware, boot_id, deaf)
SELECT t.device_id, %(at)s, t.battery_pct, t.rssi_dbm, t.firmware, t.boot_id, false
FROM unnest(%(device_id)s::text[], %(battery_pct)s::real[], %(rssi_dbm)s::real[], %(firmware)s::text[],
  %(boot_id)s::bigint[]) AS t (device_id, battery_pct, rssi_dbm, firmware, boot_id)
JOIN device d ON d.id = t.device_id
ON CONFLICT (device_id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at,
  battery_pct = coalesce(excluded.battery_pct, device_health.battery_pct),
  rssi_dbm = coalesce(excluded.rssi_dbm, device_health.rssi_dbm),
  firmware = coalesce(excluded.firmware, device_health.firmware),
  boot_id = excluded.boot_id, deaf = false;

-- name: mark_deaf
UPDATE device_health SET deaf = true WHERE NOT deaf AND heartbeat_at < %(before)s;

-- name: deaf_devices
SELECT d.id, d.zone_id, d.lon, d.lat
FROM device_health h JOIN device d ON d.id = h.device_id
WHERE h.deaf AND d.retired_at IS NULL AND d.kind = 'post' ORDER BY d.id LIMIT %(limit)s;

-- name: deaf_zones
SELECT d.zone_id, count(*) FILTER (WHERE h.deaf), count(*)
FROM device d JOIN device_health h ON h.device_id = d.id
WHERE d.retired_at IS NULL AND d.kind = 'post' AND d.zone_id IS NOT NULL
GROUP BY d.zone_id HAVING bool_or(h.deaf) ORDER BY d.zone_id;

-- name: city_imported
SELECT imported_at FROM city;

-- name: zones
SELECT id, label, rings FROM zone WHERE retired_at IS NULL ORDER BY id;

-- name: press_seen
-- What a PIN took back says no more, whichever PIN it was: under the other one the call went on, and would be seen anew.
SELECT s.id, i.rung, EXISTS (SELECT FROM signal c WHERE c.device_id = s.device_id AND c.incident_id = s.incident_id
  AND c.ledger_seq >= s.ledger_seq AND 'pin_accepted' = ANY(c.flags))
FROM signal s LEFT JOIN incident i ON i.id = s.incident_id
WHERE s.device_id = %(device)s AND s.boot_id = %(boot)s AND s.seq = %(seq)s ORDER BY s.turn DESC LIMIT 1;
