"""A vote that was counted stays as it was: PostgreSQL refuses what would make the root in the record a lie."""

from django.db import migrations

SQL = """
CREATE FUNCTION dialogue_vote_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE vote dialogue_vote; ended timestamptz;
BEGIN
  vote := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
  SELECT c.closed_at INTO ended FROM dialogue_statement s JOIN dialogue_conversation c ON c.id = s.conversation_id
  WHERE s.id = vote.statement_id;
  -- Its hour alone may still go.
  IF ended IS NOT NULL AND NOT (TG_OP = 'UPDATE' AND NEW.cast_at IS NULL
      AND (NEW.id, NEW.statement_id, NEW.voter, NEW.choice) IS NOT DISTINCT FROM
          (OLD.id, OLD.statement_id, OLD.voter, OLD.choice)) THEN
    RAISE EXCEPTION 'dialogue: votes are counted' USING ERRCODE = 'NM003';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER dialogue_vote_counted BEFORE INSERT OR UPDATE OR DELETE ON dialogue_vote
  FOR EACH ROW EXECUTE FUNCTION dialogue_vote_counted();
"""
BACK = "DROP TRIGGER dialogue_vote_counted ON dialogue_vote; DROP FUNCTION dialogue_vote_counted();"


class Migration(migrations.Migration):
    dependencies = [("dialogue", "0001_dialogue")]
    operations = [migrations.RunSQL(SQL, BACK)]
