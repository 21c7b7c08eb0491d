-- name: begun
SELECT FROM public_log WHERE name = %(name)s;

-- name: begin
INSERT INTO public_log (name) VALUES (%(name)s) ON CONFLICT (name) DO NOTHING;

-- name: joint
-- Where the tree ends and the record goes on.
SELECT seq, hash, prev_hash FROM ledger_event WHERE seq IN (%(size)s, %(size)s + 1) ORDER BY seq;

-- name: head
SELECT seq, hash FROM ledger_event ORDER BY seq DESC LIMIT 1;

-- name: digests
-- The texts are those of ledger/commitment.py, to the letter; hashed here, a fact costs two digests on the way.
SELECT count(*), min(seq), max(seq), string_agg(
  sha256(convert_to(json_build_array(seq, stream, version, kind,
    (extract(epoch FROM recorded_at) * 1000000)::bigint, authorisation_id)::text, 'UTF8'))
  || sha256(convert_to(json_build_array(actor, payload, encode(personal_hash, 'hex'))::text, 'UTF8')),
  ''::bytea ORDER BY seq)
FROM (SELECT * FROM ledger_event WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s) AS page;

-- name: hash_of
SELECT hash FROM ledger_event WHERE seq = %(seq)s;

-- name: facts
SELECT {read}
FROM ledger_event WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s;

-- name: published
SELECT {read}
FROM ledger_event
WHERE seq > %(after)s AND (split_part(stream, ':', 1) = ANY(%(streams)s) OR stream = ANY(%(streams)s))
  AND (%(stream)s::text IS NULL OR stream = %(stream)s)
ORDER BY seq LIMIT %(limit)s;
