-- name: device
SELECT id, kind, installed_at, retired_at, credential_hash FROM device WHERE id = %(device)s AND kind = 'personal';

-- name: holder
SELECT sealed, updated_at FROM holders.holder WHERE device_id = %(device)s;

-- name: presses
-- Of flags, none that would tell somebody who stands beside the caller that a call for help was hidden from them.
SELECT kind, received_at, lon, lat, accuracy_m, zone_id, test FROM signal
WHERE device_id = %(device)s ORDER BY recorded_at DESC LIMIT %(limit)s;

-- name: incidents
-- What concerns a call that is open, or one merged into such a call, waits until it is over: whoever holds the telephone
-- may be whom the call is against, and a duress PIN hides from them that it goes on.
WITH RECURSIVE live AS (SELECT id FROM incident WHERE state = 'open'
  UNION SELECT m.id FROM live JOIN incident m ON m.merged_into = live.id AND m.state = 'merged'),
mine AS (
  SELECT i.* FROM incident i WHERE i.personal_device = %(device)s
  UNION SELECT i.* FROM incident i JOIN signal s ON s.incident_id = i.id WHERE s.device_id = %(device)s)
SELECT m.id, m.number, m.kind, m.opened_at, m.closed_at, m.outcome, m.personal_device = %(device)s,
  (SELECT count(*) FROM incident_note n WHERE n.incident_id = m.id AND n.body <> ''),
  (SELECT count(*) FROM observation o WHERE o.incident_id = m.id AND o.note <> ''),
  (SELECT count(*) FROM still t WHERE t.incident_id = m.id AND t.sealed IS NOT NULL),
  m.places_erased_at, m.texts_erased_at
FROM mine m WHERE m.id NOT IN (SELECT id FROM live) ORDER BY m.opened_at DESC LIMIT %(limit)s;

-- name: openings
WITH RECURSIVE live AS (SELECT id FROM incident WHERE state = 'open'
  UNION SELECT m.id FROM live JOIN incident m ON m.merged_into = live.id AND m.state = 'merged')
SELECT o.opened_at, o.opened_by, o.reason, i.number, b.readers FROM holders.opening o
LEFT JOIN incident i ON i.id = o.incident_id LEFT JOIN breakglass b ON b.id = o.break_glass_id
WHERE o.device_id = %(device)s AND o.incident_id NOT IN (SELECT id FROM live) ORDER BY o.opened_at DESC LIMIT %(limit)s;

-- name: still_views
WITH RECURSIVE live AS (SELECT id FROM incident WHERE state = 'open'
  UNION SELECT m.id FROM live JOIN incident m ON m.merged_into = live.id AND m.state = 'merged')
SELECT v.viewed_at, v.viewed_by, i.number, b.readers FROM still_view v
JOIN still t ON t.id = v.still_id JOIN incident i ON i.id = t.incident_id
LEFT JOIN breakglass b ON b.id = v.break_glass_id
WHERE i.personal_device = %(device)s AND i.id NOT IN (SELECT id FROM live) ORDER BY v.viewed_at DESC LIMIT %(limit)s;

-- name: glasses
WITH RECURSIVE live AS (SELECT id FROM incident WHERE state = 'open'
  UNION SELECT m.id FROM live JOIN incident m ON m.merged_into = live.id AND m.state = 'merged')
SELECT b.confirmed_at, b.scope, b.readers, b.ends_at, b.uses, b.justified, i.number FROM breakglass b
JOIN incident i ON i.id = b.incident_id
WHERE i.personal_device = %(device)s AND i.id NOT IN (SELECT id FROM live) AND b.confirmed_at IS NOT NULL ORDER BY b.confirmed_at DESC LIMIT %(limit)s;
