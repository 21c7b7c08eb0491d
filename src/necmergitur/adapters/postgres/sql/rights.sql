-- name: device
SELECT id, kind, installed_at, retired_at, credential_hash FROM device WHERE id = %(device)s AND kind = 'personal';

-- name: holder
-- As holders.opened: for the transaction that wrote down that somebody's data is handed out to them.
SELECT holders.own(%(device)s);

-- name: presses
-- Of flags, none that would tell somebody who stands beside the caller that a call for help was hidden from them.
SELECT kind, received_at, lon, lat, accuracy_m, zone_id, test FROM signal
WHERE device_id = %(device)s ORDER BY recorded_at DESC LIMIT %(limit)s;

-- name: at_the_desk
-- Calls that the page shows to nobody, with who looked at them: whoever holds the telephone may be whom the call is
-- against. One that is open waits until it is over. One that a PIN took back never comes: under the other PIN it went
-- on, and its end would tell. Which PIN it was makes no difference here, so that what is missing tells nothing either.
WITH RECURSIVE mine AS (
  SELECT id FROM incident WHERE personal_device = %(device)s
  UNION SELECT incident_id FROM signal WHERE device_id = %(device)s AND incident_id IS NOT NULL
  UNION SELECT incident_id FROM holders.opening WHERE device_id = %(device)s),
kin (of, id) AS (
  SELECT id, id FROM mine
  UNION SELECT k.of, n.id FROM kin k CROSS JOIN LATERAL (
    SELECT i.id FROM incident i WHERE i.merged_into = k.id AND i.state = 'merged'
    UNION ALL SELECT i.merged_into FROM incident i
    WHERE i.id = k.id AND i.state = 'merged' AND i.merged_into IS NOT NULL) n)
SELECT DISTINCT k.of FROM kin k JOIN incident i ON i.id = k.id
WHERE i.state = 'open' OR i.duress OR EXISTS (
  SELECT FROM signal s WHERE s.incident_id = k.id AND 'pin_accepted' = ANY(s.flags));

-- name: incidents
WITH mine AS (
  SELECT i.* FROM incident i WHERE i.personal_device = %(device)s
  UNION SELECT i.* FROM incident i JOIN signal s ON s.incident_id = i.id WHERE s.device_id = %(device)s)
SELECT m.id, m.number, m.kind, m.opened_at, m.closed_at, m.outcome, m.personal_device = %(device)s,
  (SELECT count(*) FROM incident_note n WHERE n.incident_id = m.id AND n.body <> ''),
  (SELECT count(*) FROM observation o WHERE o.incident_id = m.id AND o.note <> ''),
  (SELECT count(*) FROM still t WHERE t.incident_id = m.id AND still_keeps(t.id)),
  m.places_erased_at, m.texts_erased_at
FROM mine m WHERE m.state <> 'open' AND m.id <> ALL(%(untold)s) ORDER BY m.opened_at DESC LIMIT %(limit)s;

-- name: openings
SELECT o.opened_at, o.opened_by, o.reason, i.number, b.readers FROM holders.opening o
LEFT JOIN incident i ON i.id = o.incident_id LEFT JOIN breakglass b ON b.id = o.break_glass_id
WHERE o.device_id = %(device)s AND (i.id IS NULL OR i.state <> 'open') AND o.incident_id <> ALL(%(untold)s)
ORDER BY o.opened_at DESC LIMIT %(limit)s;

-- name: still_views
SELECT v.viewed_at, v.viewed_by, i.number, b.readers FROM still_view v
JOIN still t ON t.id = v.still_id JOIN incident i ON i.id = t.incident_id
LEFT JOIN breakglass b ON b.id = v.break_glass_id
WHERE i.personal_device = %(device)s AND i.state <> 'open' AND i.id <> ALL(%(untold)s)
ORDER BY v.viewed_at DESC LIMIT %(limit)s;

-- name: glasses
SELECT b.confirmed_at, b.scope, b.readers, b.ends_at, b.uses, b.justified, i.number FROM breakglass b
JOIN incident i ON i.id = b.incident_id
WHERE i.personal_device = %(device)s AND i.state <> 'open' AND i.id <> ALL(%(untold)s) AND b.confirmed_at IS NOT NULL
ORDER BY b.confirmed_at DESC LIMIT %(limit)s;
