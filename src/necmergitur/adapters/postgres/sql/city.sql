-- name: zones
SELECT id, rings, retired_at IS NOT NULL FROM zone ORDER BY id;

-- name: docks
SELECT id, lon, lat, retired_at IS NOT NULL FROM dock ORDER BY id;

-- name: posts
-- Street buttons of the plan; panels and radio buttons of other makes were never part of it.
SELECT id, lon, lat, retired_at IS NOT NULL FROM device WHERE kind = 'post' AND transport = 'mqtt' ORDER BY id;

-- name: put_city
INSERT INTO city (one, name, source, imported_at, outline, quarters, streets, facts)
VALUES (true, %(name)s, %(source)s, %(now)s, %(outline)s::jsonb, %(quarters)s::jsonb, %(streets)s, %(facts)s::jsonb)
ON CONFLICT (one) DO UPDATE SET name = excluded.name, source = excluded.source, imported_at = excluded.imported_at,
  outline = excluded.outline, quarters = excluded.quarters, streets = excluded.streets, facts = excluded.facts;

-- name: put_zones
INSERT INTO zone (id, label, rings, street_length_m, neighbours)
SELECT t.id, t.label, t.rings, t.metres, string_to_array(t.neighbours, ',')
FROM unnest(%(id)s::text[], %(label)s::text[], %(rings)s::jsonb[], %(metres)s::float8[], %(neighbours)s::text[])
  AS t (id, label, rings, metres, neighbours)
ON CONFLICT (id) DO UPDATE SET label = excluded.label, rings = excluded.rings,
  street_length_m = excluded.street_length_m, neighbours = excluded.neighbours, retired_at = NULL;

-- name: put_docks
INSERT INTO dock (id, zone_id, lon, lat)
SELECT * FROM unnest(%(id)s::text[], %(zone_id)s::text[], %(lon)s::float8[], %(lat)s::float8[])
ON CONFLICT (id) DO UPDATE SET zone_id = excluded.zone_id, lon = excluded.lon, lat = excluded.lat, retired_at = NULL;

-- name: retire_zones
UPDATE zone SET retired_at = %(now)s WHERE id = ANY(%(ids)s) AND retired_at IS NULL;

-- name: retire_docks
UPDATE dock SET retired_at = %(now)s WHERE id = ANY(%(ids)s) AND retired_at IS NULL;

-- name: follow_docks
-- A drone lives in its dock: it follows the dock into its new zone.
UPDATE drone r SET zone_id = d.zone_id FROM dock d WHERE d.id = r.dock_id AND r.zone_id <> d.zone_id;

-- name: put_geozones
INSERT INTO geozone_set (source, read_at, zones, problems)
VALUES (%(source)s, %(now)s, %(zones)s::jsonb, %(problems)s::jsonb);

-- name: put_drones
INSERT INTO drone (id, dock_id, zone_id, link_url, camera_url, camera_kind, system_id, signing_key, speed_m_s)
SELECT * FROM unnest(%(id)s::text[], %(dock_id)s::text[], %(zone_id)s::text[], %(link_url)s::text[],
  %(camera_url)s::text[], %(camera_kind)s::text[], %(system_id)s::int[], %(signing_key)s::bytea[], %(speed_m_s)s::real[])
ON CONFLICT (id) DO UPDATE SET dock_id = excluded.dock_id, zone_id = excluded.zone_id, link_url = excluded.link_url,
  camera_url = excluded.camera_url, camera_kind = excluded.camera_kind, system_id = excluded.system_id,
  signing_key = excluded.signing_key, speed_m_s = excluded.speed_m_s;

-- name: middle
SELECT avg(lon), avg(lat) FROM dock WHERE retired_at IS NULL;

-- name: exists
SELECT name FROM city;

-- name: streets
SELECT streets FROM city;

-- name: dock
SELECT zone_id, lon, lat FROM dock WHERE id = %(id)s AND retired_at IS NULL;

-- name: docks_and_drones
SELECT d.id, z.label, string_agg(r.id, ', ' ORDER BY r.id)
FROM dock d JOIN zone z ON z.id = d.zone_id LEFT JOIN drone r ON r.dock_id = d.id
WHERE d.retired_at IS NULL GROUP BY d.id, z.label ORDER BY d.id;

-- name: migrated
SELECT to_regclass('public.city') IS NOT NULL;
