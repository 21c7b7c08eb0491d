-- name: any_crisis
SELECT 1 FROM population.crisis
WHERE opened_at IS NOT NULL AND erased_at IS NULL AND (purge_at IS NULL OR clock_timestamp() < purge_at) LIMIT 1;

-- name: listen
LISTEN nec_finder;
