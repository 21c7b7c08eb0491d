-- name: crises_asked
SELECT {columns} FROM population.crisis
WHERE opened_at IS NULL AND withdrawn_at IS NULL AND asked_at > %(since)s ORDER BY asked_at, id;

-- name: put_callers
INSERT INTO device (id, kind, transport, label, installed_at)
SELECT u.id, 'personal', 'web', %(label)s, %(now)s FROM unnest(%(ids)s::text[]) AS u (id)
ON CONFLICT (id) DO NOTHING;

-- name: put_looks
INSERT INTO population.look (crisis_id, subject, what, purpose, by, role, salt, reason, at)
SELECT %(crisis_id)s, u.subject, %(what)s, %(purpose)s, %(by)s, %(role)s, %(salt)s, %(reason)s, %(at)s
FROM unnest(%(subjects)b::bytea[]) AS u (subject);

-- name: looks_of
SELECT what, purpose, by, role, salt, reason, at FROM population.look
WHERE crisis_id = %(crisis_id)s AND subject = %(subject)s AND what IN ('record', 'call', 'queue', 'case') ORDER BY at, id;

-- name: looks_by
SELECT count(*) FILTER (WHERE what = 'search'), count(*) FILTER (WHERE what IN ('record', 'call', 'case'))
FROM population.look WHERE crisis_id = %(crisis_id)s AND by = %(by)s AND at > %(since)s;

-- name: count_looks
SELECT count(*) FROM population.look WHERE crisis_id = %(crisis_id)s AND what IN ('record', 'call', 'case');

-- name: erase_looks
DELETE FROM population.look WHERE crisis_id = %(crisis_id)s;

-- name: call_words
SELECT crisis_id, salt, sealed, status, at, changed_at FROM population.checkin
WHERE crisis_id = ANY(%(crises)s) AND id = %(id)s;

-- name: empty_crisis
SELECT population.empty(%(crisis_id)s);

-- name: ask_allowance
INSERT INTO population.allowance (crisis_id, asked_by, asked_role, salt, reason, asked_at)
VALUES (%(crisis_id)s, %(by)s, %(role)s, %(salt)s, %(reason)s, %(now)s);

-- name: agree_allowance
UPDATE population.allowance SET agreed_by = %(by)s, agreed_role = %(role)s, agreed_at = %(now)s, until = %(until)s
WHERE crisis_id = %(crisis_id)s AND id = %(id)s AND agreed_by IS NULL;

-- name: allowances
SELECT id, asked_by, asked_role, asked_at, agreed_by, until, salt, reason FROM population.allowance
WHERE crisis_id = %(crisis_id)s AND (asked_at > %(since)s OR until > %(since)s) ORDER BY asked_at DESC, id LIMIT 100;

-- name: erase_allowances
DELETE FROM population.allowance WHERE crisis_id = %(crisis_id)s;

-- name: looks_by_agent
SELECT l.by, min(l.role), count(*) FILTER (WHERE what = 'search'), count(*) FILTER (WHERE what IN ('record', 'call', 'case')),
  count(DISTINCT subject) FILTER (WHERE what IN ('record', 'call', 'case')), coalesce(max(r.times), 0), max(at)
FROM population.look l
LEFT JOIN LATERAL (
  SELECT count(*) AS times FROM population.look o
  WHERE o.crisis_id = l.crisis_id AND o.by = l.by AND o.subject = l.subject AND o.what IN ('record', 'call', 'case')
) r ON l.what IN ('record', 'call', 'case')
WHERE l.crisis_id = %(crisis_id)s GROUP BY l.by ORDER BY 4 DESC, 3 DESC LIMIT 500;

-- name: looks_at
SELECT count(*) FROM population.look
WHERE crisis_id = %(crisis_id)s AND by = %(by)s AND subject = %(subject)s AND what IN ('record', 'call', 'case');

-- name: reasons_of
SELECT what, purpose, by, role, salt, reason, at FROM population.look
WHERE crisis_id = %(crisis_id)s AND by = %(by)s AND what IN ('search', 'record', 'call', 'case') ORDER BY at DESC, id LIMIT 100;
