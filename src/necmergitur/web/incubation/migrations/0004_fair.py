"""PostgreSQL refuses a review of one's own or a friend's application, marks changed, hours beyond capacity (NM030)."""

from django.db import migrations

SQL = """
CREATE FUNCTION incubation_review_is_fair() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE applied incubation_application; reads incubation_helper;
BEGIN
  SELECT * INTO applied FROM incubation_application WHERE id = NEW.application_id;
  IF TG_OP = 'UPDATE' AND OLD.done_at IS NOT NULL AND
      (NEW.marks, NEW.remark, NEW.done_at, NEW.application_id, NEW.number)
        IS DISTINCT FROM (OLD.marks, OLD.remark, OLD.done_at, OLD.application_id, OLD.number) THEN
    RAISE EXCEPTION 'incubation: marks given stand' USING ERRCODE = 'NM030';
  END IF;
  IF NEW.reviewer_id IS NULL THEN RETURN NEW; END IF;
  IF applied.accepted IS NOT NULL THEN
    RAISE EXCEPTION 'incubation: this application was decided' USING ERRCODE = 'NM030';
  END IF;
  SELECT * INTO reads FROM incubation_helper WHERE id = NEW.reviewer_id;
  IF reads.kind <> 'reviewer' OR reads.call_id <> applied.call_id THEN
    RAISE EXCEPTION 'incubation: this is no reviewer of this call' USING ERRCODE = 'NM030';
  END IF;
  IF (reads.email <> '' AND lower(reads.email) = lower(applied.contact_email))
      OR (trim(reads.organisation) <> '' AND lower(trim(reads.organisation)) = lower(trim(applied.organisation)))
      OR EXISTS (SELECT 1 FROM incubation_conflict
        WHERE reviewer_id = NEW.reviewer_id AND application_id = NEW.application_id) THEN
    RAISE EXCEPTION 'incubation: this reviewer knows whose application this is' USING ERRCODE = 'NM030';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_review_is_fair BEFORE INSERT OR UPDATE ON incubation_review
  FOR EACH ROW EXECUTE FUNCTION incubation_review_is_fair();

CREATE FUNCTION incubation_hour_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gives incubation_helper;
BEGIN
  SELECT h.* INTO gives FROM incubation_helper h JOIN incubation_slot s ON s.mentor_id = h.id
    WHERE s.id = NEW.slot_id FOR UPDATE OF h;
  IF gives.kind <> 'mentor' OR NOT EXISTS (SELECT 1 FROM incubation_application
      WHERE project_id = NEW.project_id AND call_id = gives.call_id) THEN
    RAISE EXCEPTION 'incubation: this mentor accompanies another call' USING ERRCODE = 'NM030';
  END IF;
  IF (SELECT count(DISTINCT b.project_id) FROM incubation_booking b JOIN incubation_slot s ON s.id = b.slot_id
      WHERE s.mentor_id = gives.id AND b.project_id <> NEW.project_id AND b.id <> coalesce(NEW.id, 0))
      >= gives.capacity THEN
    RAISE EXCEPTION 'incubation: this mentor accompanies as many projects as they can' USING ERRCODE = 'NM030';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_hour_fits BEFORE INSERT OR UPDATE ON incubation_booking
  FOR EACH ROW EXECUTE FUNCTION incubation_hour_fits();

ALTER TABLE incubation_slot ADD CONSTRAINT incubation_slot_on_the_half_hour
  CHECK (extract(epoch FROM starts_at)::bigint % 1800 = 0);
"""


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("incubation", "0003_helpers")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
