-- name: one
SELECT {columns} FROM breakglass WHERE id = %(id)s;

-- name: unreviewed
SELECT {columns} FROM breakglass WHERE confirmed_at IS NOT NULL AND reviewed_at IS NULL;

-- name: enter
INSERT INTO breakglass ({columns}, reason, last_seq) VALUES ({values}, %(reason)s, %(last_seq)s);

-- name: change
UPDATE breakglass SET confirmed_by = %(confirmed_by)s, confirmed_role = %(confirmed_role)s,
  confirmed_at = %(confirmed_at)s, ends_at = %(ends_at)s, withdrawn_at = %(withdrawn_at)s, uses = %(uses)s,
  reviewed_by = %(reviewed_by)s, reviewed_at = %(reviewed_at)s, justified = %(justified)s, version = %(version)s,
  review = coalesce(%(review)s, review), last_seq = %(last_seq)s
WHERE id = %(id)s;
