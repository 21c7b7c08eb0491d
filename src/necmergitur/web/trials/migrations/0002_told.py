"""The chain shows of an experiment what the record says of its trial: one writes, the other follows (NM023)."""

from django.db import migrations

SQL = """
CREATE FUNCTION trial_tells_the_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NOT EXISTS (SELECT FROM public.programme_experiment x WHERE x.id = NEW.id
      AND x.state = 'draft' AND x.chain = (NEW.protocol::jsonb->>'chain')::int) THEN
    RAISE EXCEPTION 'trial: no experiment of that number waits for a protocol: %', NEW.id USING ERRCODE = 'NM023';
  END IF;
  UPDATE public.programme_experiment x SET state = NEW.state, exit = NEW.exit, exit_reason = NEW.exit_reason
  WHERE x.id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER trial_tells_the_chain AFTER INSERT OR UPDATE ON trial
  FOR EACH ROW EXECUTE FUNCTION trial_tells_the_chain();

-- An experiment is what its trial is: no page says so by itself.
CREATE FUNCTION programme_experiment_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.trial t WHERE t.id = NEW.id
      AND (t.state, t.exit) = (NEW.state, NEW.exit)) THEN
    RAISE EXCEPTION 'trial: the record does not say so: %', NEW.id USING ERRCODE = 'NM023';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER programme_experiment_as_told AFTER INSERT OR UPDATE ON programme_experiment
  FOR EACH ROW WHEN (NEW.state <> 'draft' OR NEW.exit <> '') EXECUTE FUNCTION programme_experiment_as_told();
"""


class Migration(migrations.Migration):
    """Triggers alone: no row changes."""

    dependencies = [("trials", "0001_draft"), ("programme", "0002_one_number"), ("facts", "0052_trials")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
