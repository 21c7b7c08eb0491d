-- name: fan_out
INSERT INTO webhook_delivery (endpoint_id, event_id, kind, body, due_at, attempts, error, created_at)
SELECT id, %(event_id)s::text, %(kind)s::text, %(body)s, %(now)s::timestamptz, 0, '', %(now)s::timestamptz FROM webhook_endpoint w
WHERE disabled_at IS NULL AND %(kind)s::text = ANY(events)
  -- A partner whose token is over is told nothing more.
  AND NOT EXISTS (SELECT FROM api_token t WHERE 'token:' || t.id = w.created_by_name
    AND (t.revoked_at IS NOT NULL OR t.expires_at <= %(now)s::timestamptz))
ON CONFLICT (endpoint_id, event_id) DO NOTHING;

-- name: lease
-- A few for each partner, and none for one that is still being served: a slow partner waits for itself alone.
UPDATE webhook_delivery d SET leased_until = %(now)s::timestamptz + %(lease)s::interval, attempts = d.attempts + 1
FROM webhook_endpoint e
WHERE e.id = d.endpoint_id AND d.id IN (
  SELECT p.id FROM webhook_delivery p JOIN (
    SELECT w.id, row_number() OVER (PARTITION BY w.endpoint_id ORDER BY w.due_at, w.id) AS turn
    FROM webhook_delivery w JOIN webhook_endpoint q ON q.id = w.endpoint_id
    WHERE w.done_at IS NULL AND w.due_at <= %(now)s AND (w.leased_until IS NULL OR w.leased_until < %(now)s)
      AND q.disabled_at IS NULL AND NOT (q.id = ANY(%(busy)s::bigint[]))
      AND NOT EXISTS (SELECT FROM api_token o WHERE 'token:' || o.id = q.created_by_name
        AND (o.revoked_at IS NOT NULL OR o.expires_at <= %(now)s::timestamptz))) AS t ON t.id = p.id
  WHERE t.turn <= %(each)s AND p.done_at IS NULL AND (p.leased_until IS NULL OR p.leased_until < %(now)s)
  ORDER BY t.turn, p.due_at LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED)
RETURNING d.id, d.event_id, d.body, d.attempts, d.created_at, e.id, e.url, e.secret_sealed;

-- name: delivered
UPDATE webhook_delivery SET done_at = %(now)s, status = %(status)s, error = '', leased_until = NULL WHERE id = %(id)s;

-- name: failed
UPDATE webhook_delivery SET status = %(status)s, error = %(error)s, leased_until = NULL, due_at = %(due_at)s,
  done_at = CASE WHEN %(give_up)s THEN %(now)s::timestamptz END
WHERE id = %(id)s;

-- name: disable
UPDATE webhook_endpoint SET disabled_at = %(now)s, disabled_reason = %(reason)s
WHERE id = %(endpoint_id)s AND disabled_at IS NULL;

-- name: forget
DELETE FROM webhook_delivery WHERE done_at < %(before)s;
