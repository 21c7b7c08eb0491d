-- name: assessment
SELECT {columns} FROM assessment WHERE id = %(id)s;

-- name: assessments_of
SELECT {columns} FROM assessment WHERE stale_at IS NULL AND covers->'streams' ? %(stream)s::text ORDER BY id;

-- name: put_assessment
INSERT INTO assessment ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET {updates}, last_seq = excluded.last_seq;

-- name: parties
SELECT {columns} FROM party ORDER BY enrolled_at, id;

-- name: put_party
INSERT INTO party ({columns}, last_seq) VALUES ({values}, %(last_seq)s)
ON CONFLICT (id) DO UPDATE SET retired_at = excluded.retired_at, last_seq = excluded.last_seq;

-- name: resting_on
SELECT {columns} FROM authorisation
WHERE coalesce(paper->'terms', rests_on)->>'assessment_id' = %(id)s::text AND revoked_at IS NULL ORDER BY granted_at, id;
