"""PostgreSQL lets a stage follow only one that is ready for it, and forgets no trial: what failed stays told (NM022)."""

from django.db import migrations

# As `innovation/chain.py` had them (OPENS) when this was written.
READY = (
    ("programme_lead", "programme_need", "need_id", "b.state = 'open'"),
    ("programme_challenge", "programme_lead", "lead_id", "b.state IN ('new', 'contact', 'benchmark')"),
    ("programme_team", "programme_challenge", "challenge_id", "b.state = 'open'"),
    ("programme_project", "programme_team", "team_id", "b.state = 'ready'"),
    ("programme_experiment", "programme_project", "project_id", "b.state IN ('selected', 'incubated')"),
    (
        "programme_deployment",
        "programme_experiment",
        "experiment_id",
        "b.state = 'reported' AND b.exit IN ('adopt', 'open')",
    ),
)


def _follows(table: str, before: str, column: str, ready: str) -> str:
    return f"""
CREATE FUNCTION {table}_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A stage before that is missing is the foreign key's to refuse.
  IF EXISTS (SELECT FROM public.{before} b WHERE b.id = NEW.{column} AND NOT ({ready})) THEN
    RAISE EXCEPTION 'programme: the stage before is not ready: %', NEW.{column} USING ERRCODE = 'NM022';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {table}_follows BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_follows();
"""


STAYS = """
CREATE FUNCTION programme_stage_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'programme: what was tried is never forgotten: %', OLD.id USING ERRCODE = 'NM022';
END $$;
CREATE TRIGGER programme_experiment_kept BEFORE DELETE ON programme_experiment FOR EACH ROW
  WHEN (OLD.state <> 'draft') EXECUTE FUNCTION programme_stage_stays();
CREATE TRIGGER programme_deployment_kept BEFORE DELETE ON programme_deployment FOR EACH ROW
  EXECUTE FUNCTION programme_stage_stays();
"""


class Migration(migrations.Migration):
    """Triggers: no row changes."""

    dependencies = [("programme", "0004_evidence")]
    operations = [migrations.RunSQL("".join(_follows(*one) for one in READY) + STAYS, migrations.RunSQL.noop)]
