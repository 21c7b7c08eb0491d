-- name: version
-- And whether this very transaction changed it.
SELECT version, coalesce(xmin = pg_current_xact_id_if_assigned()::xid, false) FROM gate_table_version;

-- name: glasses_open
SELECT id, scope, readers, incident_id, stream, confirmed_at, ends_at FROM breakglass
WHERE confirmed_at IS NOT NULL AND ends_at > %(now)s::timestamptz - interval '1 hour';

-- name: crises_open
SELECT id, services, opened_at, purge_at FROM population.crisis WHERE opened_at IS NOT NULL AND erased_at IS NULL;

-- name: in_force
-- And those under which something may still be read, until its keys die.
SELECT {columns} FROM authorisation WHERE kind <> 'standing' AND valid_until > %(now)s::timestamptz - interval '7 days'
  - make_interval(days => coalesce((paper->'terms'->>'retention_days')::int, 0))
ORDER BY granted_at DESC;

-- name: one
SELECT {columns} FROM authorisation WHERE id = %(id)s;

-- name: put
INSERT INTO authorisation ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by,
  revoked_reason = excluded.revoked_reason, suspended_at = excluded.suspended_at,
  suspended_reason = excluded.suspended_reason, version = excluded.version, last_seq = excluded.last_seq;

-- name: bump
UPDATE gate_table_version SET version = version + 1;

-- name: notify
SELECT pg_notify('nec_gate', '');
