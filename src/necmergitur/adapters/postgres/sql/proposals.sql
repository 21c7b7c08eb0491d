-- name: one
SELECT {columns} FROM terms_proposal WHERE id = %(id)s;

-- name: put
INSERT INTO terms_proposal ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET {updates}, last_seq = excluded.last_seq;
