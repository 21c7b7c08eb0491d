-- name: one
SELECT {columns} FROM trial WHERE id = %(id)s;

-- name: running
SELECT id FROM trial WHERE state = 'running' ORDER BY begun_at;

-- name: put
INSERT INTO trial ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET {updates}, last_seq = excluded.last_seq;
