-- name: key_days
SELECT DISTINCT substring(key_id FROM 5 FOR 10) FROM holders.data_key
WHERE key_id LIKE 'sub:%%' AND destroyed_at IS NULL;

-- name: keys_beginning
SELECT key_id FROM holders.data_key
WHERE destroyed_at IS NULL AND left(key_id, %(length)s) = ANY(%(prefixes)s) ORDER BY key_id;

-- name: destroy_named
-- A day's key leaves its name, so that it is never made again; a subject's, whose name comes by chance, leaves nothing.
-- What makes the digests of names is no key of data, and stays.
WITH gone AS (DELETE FROM holders.data_key WHERE key_id = ANY(%(names)s) AND key_id LIKE 'sub:%%'
  RETURNING destroyed_at),
dead AS (UPDATE holders.data_key SET key = '', destroyed_at = %(now)s
  WHERE destroyed_at IS NULL AND key_id = ANY(%(names)s) AND key_id LIKE 'day:%%' RETURNING 1)
SELECT (SELECT count(*) FROM gone WHERE destroyed_at IS NULL) + (SELECT count(*) FROM dead);

-- name: called_in_open_incident
SELECT EXISTS (
  SELECT FROM incident i WHERE i.state = 'open' AND (i.personal_device = %(device)s
    OR EXISTS (SELECT FROM signal s WHERE s.incident_id = i.id AND s.device_id = %(device)s)
    OR EXISTS (SELECT FROM incident m JOIN signal s ON s.incident_id = m.id
               WHERE m.merged_into = i.id AND s.device_id = %(device)s)));

-- name: incidents_about
-- Those of which retention has left something.
SELECT id FROM incident WHERE personal_device = %(device)s AND opened_at <= %(before)s
  AND (places_erased_at IS NULL OR texts_erased_at IS NULL) ORDER BY id;

-- name: personal_devices
SELECT id FROM device WHERE kind = 'personal' ORDER BY id;

-- name: erase_sealed_presses
UPDATE ledger_event e SET personal = NULL
WHERE e.personal IS NOT NULL AND e.form > 1 AND e.stream IN (
  SELECT 'signal:' || id FROM signal WHERE device_id = %(device)s AND recorded_at <= %(before)s);

-- name: erase_presses
UPDATE signal SET lon = NULL, lat = NULL, accuracy_m = NULL
WHERE device_id = %(device)s AND recorded_at <= %(before)s AND lon IS NOT NULL;

-- name: erase_stills
UPDATE still SET sealed = NULL WHERE incident_id = ANY(%(ids)s) AND still_keeps(id);

-- name: erase_holder
DELETE FROM holders.holder WHERE device_id = %(device)s AND updated_at <= %(before)s;

-- name: listed
-- What the record said of the list of destroyed keys.
-- Two short streams, found by their index: a start does not read the whole record.
SELECT payload ->> 'action', payload -> 'facts' FROM ledger_event
WHERE stream = ANY(%(streams)s) AND (payload #>> '{facts,listed}' IS NOT NULL OR payload ->> 'action' = %(given_up)s)
ORDER BY seq + 0;
