-- name: crises_asked
SELECT {columns} FROM population.crisis
WHERE opened_at IS NULL AND withdrawn_at IS NULL AND asked_at > %(since)s ORDER BY asked_at, id;
