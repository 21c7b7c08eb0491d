"""What is taken back stays readable; and PostgreSQL keeps juries, prizes and dates fair whoever writes (NM027)."""

from django.db import migrations, models

FAIRER = """
CREATE OR REPLACE FUNCTION hackathon_review_is_fair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE handed hackathon_entry; held hackathon_edition; reads hackathon_helper; own text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.done_at IS NOT NULL THEN
      RAISE EXCEPTION 'hackathon: marks given stand' USING ERRCODE = 'NM027';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.submission_id, NEW.number) IS DISTINCT FROM (OLD.submission_id, OLD.number)
        OR (NEW.juror_id IS DISTINCT FROM OLD.juror_id AND NEW.juror_id IS NOT NULL)
        OR (OLD.blind_at IS NOT NULL AND (NEW.blind, NEW.blind_at) IS DISTINCT FROM (OLD.blind, OLD.blind_at))
        OR (OLD.done_at IS NOT NULL
          AND (NEW.seen, NEW.remark, NEW.done_at) IS DISTINCT FROM (OLD.seen, OLD.remark, OLD.done_at))
        OR (OLD.void_at IS NOT NULL AND NEW.void_at IS DISTINCT FROM OLD.void_at) THEN
      RAISE EXCEPTION 'hackathon: marks given stand' USING ERRCODE = 'NM027';
    END IF;
  END IF;
  IF NEW.juror_id IS NULL OR NEW.void_at IS NOT NULL THEN RETURN NEW; END IF;
  SELECT e.* INTO handed FROM hackathon_entry e JOIN hackathon_submission s ON s.entry_id = e.id
    WHERE s.id = NEW.submission_id;
  SELECT * INTO held FROM hackathon_edition WHERE id = handed.edition_id;
  SELECT * INTO reads FROM hackathon_helper WHERE id = NEW.juror_id;
  IF reads.kind <> 'juror' OR reads.edition_id <> handed.edition_id THEN
    RAISE EXCEPTION 'hackathon: this is no juror of this edition' USING ERRCODE = 'NM027';
  END IF;
  IF reads.declared_at IS NULL THEN
    RAISE EXCEPTION 'hackathon: this juror has not said whom they know' USING ERRCODE = 'NM027';
  END IF;
  own := lower(regexp_replace(trim(reads.email), '[+][^@]*@', '@'));
  IF EXISTS (SELECT 1 FROM hackathon_conflict c
        WHERE c.juror_id = NEW.juror_id AND c.submission_id = NEW.submission_id)
      OR EXISTS (SELECT 1 FROM hackathon_member m JOIN hackathon_participant p ON p.id = m.participant_id
        WHERE m.entry_id = handed.id AND (
          (own <> '' AND own IN (p.email_key, lower(p.email)))
          OR lower(trim(p.name)) = lower(trim(reads.name))
          OR (trim(reads.organisation) <> '' AND lower(trim(p.organisation)) = lower(trim(reads.organisation))))) THEN
    RAISE EXCEPTION 'hackathon: this juror knows whose work this is' USING ERRCODE = 'NM027';
  END IF;
  IF (NEW.blind_at IS NOT NULL AND (NEW.blind_at < held.review_at OR NEW.blind_at >= held.results_at))
      OR (NEW.done_at IS NOT NULL AND (NEW.done_at < held.review_at OR NEW.done_at >= held.results_at)) THEN
    RAISE EXCEPTION 'hackathon: this is not the time for marks' USING ERRCODE = 'NM027';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER hackathon_blind_marks_stand ON hackathon_review;
DROP FUNCTION hackathon_blind_marks_stand();
CREATE TRIGGER hackathon_marks_stay BEFORE DELETE ON hackathon_review
  FOR EACH ROW EXECUTE FUNCTION hackathon_review_is_fair();

CREATE FUNCTION hackathon_prize_is_fair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held hackathon_edition;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'hackathon: a prize is taken back, never forgotten' USING ERRCODE = 'NM027';
  END IF;
  SELECT * INTO held FROM hackathon_edition WHERE id = NEW.edition_id FOR UPDATE;
  IF held.published_at IS NOT NULL OR NEW.at < held.results_at THEN
    RAISE EXCEPTION 'hackathon: this is not the time for prizes' USING ERRCODE = 'NM027';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM hackathon_submission s JOIN hackathon_entry e ON e.id = s.entry_id
      WHERE s.id = NEW.submission_id AND e.edition_id = NEW.edition_id)
      OR (TG_OP = 'UPDATE' AND ((NEW.edition_id, NEW.submission_id, NEW.title, NEW.why, NEW.at)
          IS DISTINCT FROM (OLD.edition_id, OLD.submission_id, OLD.title, OLD.why, OLD.at)
        OR OLD.taken_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'hackathon: a prize is taken back and given anew, never changed' USING ERRCODE = 'NM027';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hackathon_prize_is_fair BEFORE INSERT OR UPDATE OR DELETE ON hackathon_prize
  FOR EACH ROW EXECUTE FUNCTION hackathon_prize_is_fair();

CREATE FUNCTION hackathon_results_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.published_at IS NOT NULL AND (NEW.published_at, NEW.registration_at, NEW.teams_at, NEW.work_at,
        NEW.submission_at, NEW.review_at, NEW.results_at) IS DISTINCT FROM (OLD.published_at, OLD.registration_at,
        OLD.teams_at, OLD.work_at, OLD.submission_at, OLD.review_at, OLD.results_at))
      OR (NEW.published_at IS NOT NULL AND NEW.published_at < NEW.results_at) THEN
    RAISE EXCEPTION 'hackathon: results that are published stay' USING ERRCODE = 'NM027';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hackathon_results_stay BEFORE UPDATE ON hackathon_edition
  FOR EACH ROW EXECUTE FUNCTION hackathon_results_stay();

CREATE FUNCTION hackathon_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE held hackathon_edition; of uuid;
BEGIN
  IF TG_TABLE_NAME = 'hackathon_voice' THEN
    SELECT e.edition_id INTO of FROM hackathon_submission s JOIN hackathon_entry e ON e.id = s.entry_id
      WHERE s.id = NEW.submission_id;
    SELECT * INTO held FROM hackathon_edition WHERE id = NEW.edition_id;
    IF of <> NEW.edition_id OR NEW.at < held.review_at OR NEW.at >= held.results_at THEN
      RAISE EXCEPTION 'hackathon: this is no vote of this edition' USING ERRCODE = 'NM027';
    END IF;
  ELSE
    SELECT d.* INTO held FROM hackathon_edition d JOIN hackathon_entry e ON e.edition_id = d.id
      WHERE e.id = NEW.entry_id;
    IF NEW.at < held.submission_at OR NEW.at >= held.review_at THEN
      RAISE EXCEPTION 'hackathon: this is not the time to hand in' USING ERRCODE = 'NM027';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hackathon_voice_in_time BEFORE INSERT OR UPDATE ON hackathon_voice
  FOR EACH ROW EXECUTE FUNCTION hackathon_in_time();
CREATE TRIGGER hackathon_submission_in_time BEFORE INSERT OR UPDATE OF at, entry_id ON hackathon_submission
  FOR EACH ROW EXECUTE FUNCTION hackathon_in_time();
"""


class Migration(migrations.Migration):
    """Columns first, then the triggers that read them."""

    dependencies = [("hackathon", "0004_language")]
    operations = [
        migrations.AddField("announcement", "withdrawn_at", models.DateTimeField(null=True)),
        migrations.AddField("announcement", "withdrawn_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("prize", "taken_at", models.DateTimeField(null=True)),
        migrations.AddField("prize", "taken_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("prize", "taken_why", models.CharField(blank=True, default="", max_length=400)),
        migrations.AlterField("prize", "taken_why", models.CharField(blank=True, max_length=400)),
        migrations.AddField("review", "void_at", models.DateTimeField(null=True)),
        migrations.RunSQL(FAIRER, migrations.RunSQL.noop),
    ]
