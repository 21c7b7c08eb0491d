"""PostgreSQL keeps the chain: a stage carries the number of the stage before it, and no number ever changes (NM022)."""

from django.db import migrations

BEFORE = (
    ("programme_lead", "need_id", "programme_need"),
    ("programme_challenge", "lead_id", "programme_lead"),
    ("programme_team", "challenge_id", "programme_challenge"),
    ("programme_project", "team_id", "programme_team"),
    ("programme_experiment", "project_id", "programme_project"),
    ("programme_deployment", "experiment_id", "programme_experiment"),
)
FIXED = """
CREATE FUNCTION programme_number_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'programme: a stage keeps its number and the stage before it' USING ERRCODE = 'NM022';
END $$;
"""


def _of(table: str, column: str, before: str) -> str:
    return f"""
ALTER TABLE {before} ADD CONSTRAINT {before}_number UNIQUE (id, chain);
ALTER TABLE {table} ADD CONSTRAINT {table}_chain FOREIGN KEY ({column}, chain) REFERENCES {before} (id, chain);
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW
  WHEN (OLD.chain <> NEW.chain OR OLD.{column} <> NEW.{column} OR OLD.id <> NEW.id)
  EXECUTE FUNCTION programme_number_stays();
"""


NEED = """
CREATE TRIGGER programme_need_stays BEFORE UPDATE ON programme_need FOR EACH ROW
  WHEN (OLD.chain <> NEW.chain OR OLD.id <> NEW.id) EXECUTE FUNCTION programme_number_stays();
ALTER TABLE programme_need ADD CONSTRAINT programme_need_merged
  CHECK ((state = 'merged') = (merged_into_id IS NOT NULL) AND merged_into_id IS DISTINCT FROM id);
ALTER TABLE programme_deployment ADD CONSTRAINT programme_deployment_route
  CHECK (route IN ('innovation_partnership', 'market', 'subsidy'));
"""


class Migration(migrations.Migration):
    """Constraints and triggers: no row changes."""

    dependencies = [("programme", "0001_chain")]
    operations = [migrations.RunSQL(FIXED + "".join(_of(*one) for one in BEFORE) + NEED, migrations.RunSQL.noop)]
