"""Terms put before their parties, and PostgreSQL's own judgement of them (NM016): what is signed never changes.

It checks no signature; it holds each row against its fact, each signature against the parties, and an authorisation
against the terms that were proposed under its identifier.
"""

from django.db import migrations, models

TABLE = """
CREATE TABLE terms_proposal (
  id uuid PRIMARY KEY,
  paper jsonb NOT NULL,
  digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  withdrawn_by text,
  withdrawn_reason text,
  version integer NOT NULL,
  last_seq bigint NOT NULL
);
CREATE INDEX terms_proposal_proposed ON terms_proposal (proposed_at);
GRANT SELECT, INSERT, UPDATE ON terms_proposal TO nec_ledger;
GRANT SELECT ON terms_proposal TO nec_web;
INSERT INTO ledger_scope VALUES ('proposal', '*', '{governance}');
"""

GUARDS = """
CREATE FUNCTION terms_proposal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fact public.ledger_event%ROWTYPE; said jsonb; had jsonb; has jsonb; added jsonb;
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
    RAISE EXCEPTION 'proposal: none is ever deleted' USING ERRCODE = 'NM016';
  END IF;
  SELECT * INTO fact FROM public.ledger_event e
  WHERE e.seq = NEW.last_seq AND e.stream = 'proposal:' || NEW.id AND e.version = NEW.version;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'proposal: no fact says so: %', NEW.id USING ERRCODE = 'NM016';
  END IF;
  said := fact.payload::jsonb;
  has := NEW.paper->'signatures';
  IF TG_OP = 'INSERT' THEN
    IF fact.kind <> 'TermsProposed' OR NEW.version <> 1 OR has <> '[]'::jsonb OR NEW.withdrawn_at IS NOT NULL
        OR said->'terms' IS DISTINCT FROM NEW.paper->'terms' OR said->>'digest' IS DISTINCT FROM NEW.digest
        OR (NEW.paper->'terms'->>'id')::uuid IS DISTINCT FROM NEW.id THEN
      RAISE EXCEPTION 'proposal: % is not what was proposed', NEW.id USING ERRCODE = 'NM016';
    END IF;
    RETURN NULL;
  END IF;
  had := OLD.paper->'signatures';
  IF NEW.paper->'terms' <> OLD.paper->'terms' OR NEW.version <> OLD.version + 1 OR OLD.withdrawn_at IS NOT NULL
      OR (NEW.id, NEW.digest, NEW.proposed_by, NEW.proposed_at)
         IS DISTINCT FROM (OLD.id, OLD.digest, OLD.proposed_by, OLD.proposed_at) THEN
    RAISE EXCEPTION 'proposal: terms never change once proposed: %', OLD.id USING ERRCODE = 'NM016';
  END IF;
  IF fact.kind = 'TermsWithdrawn' THEN
    IF has <> had OR NEW.withdrawn_at IS NULL THEN
      RAISE EXCEPTION 'proposal: a withdrawal only withdraws: %', OLD.id USING ERRCODE = 'NM016';
    END IF;
    RETURN NULL;
  END IF;
  added := has->jsonb_array_length(had);
  IF fact.kind <> 'TermsSigned' OR NEW.withdrawn_at IS NOT NULL OR added IS NULL OR had || added <> has
      OR said->'signature' IS DISTINCT FROM added
      OR EXISTS (SELECT FROM jsonb_array_elements(had) s WHERE s->>'role' = added->>'role')
      OR NOT EXISTS (SELECT FROM public.party p
                     WHERE p.id = (added->>'party_id')::uuid AND p.role = added->>'role'
                       AND p.public_key = added->>'public_key' AND p.retired_at IS NULL) THEN
    RAISE EXCEPTION 'proposal: nobody known signed like this: %', OLD.id USING ERRCODE = 'NM016';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER terms_proposal_told AFTER INSERT OR UPDATE OR DELETE ON terms_proposal
  FOR EACH ROW EXECUTE FUNCTION terms_proposal_refuse();
CREATE TRIGGER terms_proposal_kept BEFORE TRUNCATE ON terms_proposal
  FOR EACH STATEMENT EXECUTE FUNCTION terms_proposal_refuse();

-- What is granted is what was proposed, to the word: a metric changed between the two opens nothing.
CREATE FUNCTION authorisation_refuse_unproposed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE proposed public.terms_proposal%ROWTYPE;
BEGIN
  SELECT * INTO proposed FROM public.terms_proposal WHERE id = NEW.id;
  -- An upsert shows its row as an insertion first: what was entered is not judged again.
  IF NOT FOUND OR EXISTS (SELECT FROM public.authorisation WHERE id = NEW.id) THEN RETURN NEW; END IF;
  IF NEW.paper IS NULL OR NEW.paper->'terms' <> proposed.paper->'terms' OR proposed.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'authorisation: % is not what was proposed', NEW.id USING ERRCODE = 'NM016';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER authorisation_proposed BEFORE INSERT ON authorisation
  FOR EACH ROW EXECUTE FUNCTION authorisation_refuse_unproposed();
"""


class Migration(migrations.Migration):
    """Add the table and its guards."""

    dependencies = [("facts", "0012_dialogue")]
    operations = [
        migrations.RunSQL(TABLE, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TermsProposal",
            fields=[("id", models.UUIDField(primary_key=True))],
            options={"managed": False, "db_table": "terms_proposal"},
        ),
    ]
