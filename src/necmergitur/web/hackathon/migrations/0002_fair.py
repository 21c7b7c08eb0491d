"""PostgreSQL keeps a jury fair by itself: nobody reviews whom they know, no team grows into a crowd (NM027)."""

from django.db import migrations

FAIR = """
CREATE FUNCTION hackathon_review_is_fair() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM hackathon_conflict c
             WHERE c.juror_id = NEW.juror_id AND c.submission_id = NEW.submission_id) THEN
    RAISE EXCEPTION 'hackathon: this juror knows whose work this is' USING ERRCODE = 'NM027';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hackathon_review_is_fair BEFORE INSERT OR UPDATE ON hackathon_review
  FOR EACH ROW EXECUTE FUNCTION hackathon_review_is_fair();

CREATE FUNCTION hackathon_blind_marks_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'hackathon: marks given stand' USING ERRCODE = 'NM027';
END $$;
CREATE TRIGGER hackathon_blind_marks_stand BEFORE UPDATE ON hackathon_review FOR EACH ROW
  WHEN ((OLD.blind_at IS NOT NULL AND OLD.blind <> NEW.blind) OR (OLD.done_at IS NOT NULL AND OLD.seen <> NEW.seen))
  EXECUTE FUNCTION hackathon_blind_marks_stand();

CREATE FUNCTION hackathon_team_has_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM hackathon_entry WHERE id = NEW.entry_id FOR UPDATE;
  IF (SELECT count(*) FROM hackathon_member m WHERE m.entry_id = NEW.entry_id) >= 8 THEN
    RAISE EXCEPTION 'hackathon: a team has 8 people at most' USING ERRCODE = 'NM027';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hackathon_team_has_room BEFORE INSERT OR UPDATE OF entry_id ON hackathon_member
  FOR EACH ROW EXECUTE FUNCTION hackathon_team_has_room();
"""


class Migration(migrations.Migration):
    """Triggers: no row changes."""

    dependencies = [("hackathon", "0001_edition")]
    operations = [migrations.RunSQL(FAIR, migrations.RunSQL.noop)]
