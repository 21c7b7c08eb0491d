-- name: places_due
-- A merged incident is over when the one it was merged into is.
WITH RECURSIVE over AS (
  SELECT id FROM incident WHERE state = 'closed' AND closed_at < %(before)s
  UNION SELECT m.id FROM over JOIN incident m ON m.merged_into = over.id AND m.state = 'merged')
SELECT i.id FROM over JOIN incident i USING (id) WHERE i.places_erased_at IS NULL LIMIT %(limit)s;

-- name: texts_due
WITH RECURSIVE over AS (
  SELECT id FROM incident WHERE state = 'closed' AND closed_at < %(before)s
  UNION SELECT m.id FROM over JOIN incident m ON m.merged_into = over.id AND m.state = 'merged')
SELECT i.id FROM over JOIN incident i USING (id) WHERE i.texts_erased_at IS NULL LIMIT %(limit)s;

-- name: erase_sealed_places
UPDATE ledger_event e SET personal = NULL
WHERE e.personal IS NOT NULL AND e.form > 1 AND e.kind <> ALL(%(texts)s) AND e.stream = ANY(ARRAY(
  SELECT 'incident:' || unnest(%(ids)s::uuid[])
  UNION ALL SELECT 'mission:' || id FROM mission WHERE incident_id = ANY(%(ids)s)
  UNION ALL SELECT 'signal:' || id FROM signal WHERE incident_id = ANY(%(ids)s)));

-- name: erase_signal_places
UPDATE signal s SET lon = NULL, lat = NULL, accuracy_m = NULL FROM device d
WHERE s.incident_id = ANY(%(ids)s) AND s.lon IS NOT NULL AND d.id = s.device_id AND d.kind = 'personal';

-- name: erase_mission_places
-- A drone's target of a person's call becomes the middle of the city's docks, as does the incident's place below.
UPDATE mission m SET lon = c.lon, lat = c.lat
FROM incident i, (SELECT coalesce(avg(lon), 0) AS lon, coalesce(avg(lat), 0) AS lat FROM dock) c
WHERE m.incident_id = ANY(%(ids)s) AND i.id = m.incident_id AND i.personal_device IS NOT NULL;

-- name: erase_incident_places
-- Nobody knows any more where it was: reopened, it sends no drone to the middle.
UPDATE incident i SET places_erased_at = %(now)s, placed = i.placed AND personal_device IS NULL,
  lon = CASE WHEN personal_device IS NULL THEN i.lon ELSE c.lon END,
  lat = CASE WHEN personal_device IS NULL THEN i.lat ELSE c.lat END
FROM (SELECT coalesce(avg(lon), 0) AS lon, coalesce(avg(lat), 0) AS lat FROM dock) c
WHERE i.id = ANY(%(ids)s) RETURNING i.personal_device IS NOT NULL;

-- name: erase_stray_places
WITH stray AS (
  UPDATE signal s SET lon = NULL, lat = NULL, accuracy_m = NULL FROM device d
  WHERE s.incident_id IS NULL AND s.lon IS NOT NULL AND s.recorded_at < %(before)s
    AND d.id = s.device_id AND d.kind = 'personal'
  RETURNING s.id),
sealed AS (
  UPDATE ledger_event SET personal = NULL
  WHERE personal IS NOT NULL AND form > 1 AND stream IN (SELECT 'signal:' || id FROM stray))
SELECT count(*) FROM stray;

-- name: erase_sealed_texts
UPDATE ledger_event e SET personal = NULL
WHERE e.personal IS NOT NULL AND e.form > 1 AND e.stream = ANY(ARRAY(
  SELECT 'incident:' || unnest(%(ids)s::uuid[])
  UNION ALL SELECT 'observation:' || id FROM observation WHERE incident_id = ANY(%(ids)s)));

-- name: erase_notes
UPDATE incident_note SET body = '' WHERE incident_id = ANY(%(ids)s) AND body <> '';

-- name: erase_observations
UPDATE observation SET note = '' WHERE incident_id = ANY(%(ids)s) AND note <> '';

-- name: erase_glass
-- Why somebody broke a glass, and how it was judged; what is not judged yet keeps its reason until it is.
UPDATE breakglass SET reason = '', review = ''
WHERE incident_id = ANY(%(ids)s) AND reviewed_at IS NOT NULL AND (reason <> '' OR review <> '');

-- name: mark_texts
UPDATE incident SET texts_erased_at = %(now)s WHERE id = ANY(%(ids)s);

-- name: erase_handovers
UPDATE pilot_shift SET handover_note = '' WHERE handover_note <> '' AND ended_at < %(before)s;

-- name: forget_refusals
DELETE FROM reading_refusal WHERE published_seq IS NOT NULL AND minute < %(before)s;

-- name: erase_holders
DELETE FROM holders.holder h USING device d WHERE d.id = h.device_id AND d.retired_at IS NOT NULL;

-- name: destroy_keys
-- A day's key leaves its name, so that it is never
-- made again; a subject's, whose name comes by chance, leaves nothing.
WITH unused AS (
  SELECT key_id FROM holders.data_key
  WHERE destroyed_at IS NULL
    AND ((key_id LIKE 'day:%%' AND key_id < %(key_id)s) OR (key_id LIKE 'sub:%%' AND key_id < %(subjects)s))
    AND key_id NOT IN (SELECT holders.keys_used(%(old)s))),
gone AS (DELETE FROM holders.data_key k USING unused u WHERE k.key_id = u.key_id AND u.key_id LIKE 'sub:%%'
  RETURNING k.key_id),
dead AS (UPDATE holders.data_key k SET key = '', destroyed_at = %(now)s FROM unused u
  WHERE k.key_id = u.key_id AND u.key_id LIKE 'day:%%' RETURNING k.key_id)
SELECT key_id FROM gone UNION ALL SELECT key_id FROM dead;

-- name: last_of
SELECT version, recorded_at FROM ledger_event WHERE stream = %(stream)s ORDER BY version DESC LIMIT 1;

-- name: erase_pictures
WITH gone AS (
  UPDATE still SET sealed = NULL
  WHERE still_keeps(id) AND (expires_at <= %(now)s
    OR taken_at <= CASE WHEN interior THEN %(interiors)s::timestamptz ELSE %(pictures)s::timestamptz END)
  RETURNING interior)
SELECT count(*), count(*) FILTER (WHERE interior) FROM gone;

-- name: erase_views
DELETE FROM still_view WHERE viewed_at <= %(before)s;
