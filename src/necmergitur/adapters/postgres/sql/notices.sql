-- name: notices_now
SELECT id, text_fr, text_en, approved_at, until FROM public.city_notice
WHERE approved_at IS NOT NULL AND ended_at IS NULL AND until > %(now)s ORDER BY approved_at DESC, id DESC
LIMIT %(limit)s;
