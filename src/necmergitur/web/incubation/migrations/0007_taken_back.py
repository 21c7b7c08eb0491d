"""A payment is taken back once, with a reason, and counts no more; PostgreSQL changes nothing else of it (NM024)."""

from django.db import migrations, models

SQL = """
CREATE OR REPLACE FUNCTION incubation_pay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE promised bigint;
BEGIN
  SELECT committed INTO promised FROM incubation_line WHERE id = NEW.line_id FOR UPDATE;
  IF NEW.taken_at IS NOT NULL THEN
    RAISE EXCEPTION 'incubation: what was not paid is not taken back' USING ERRCODE = 'NM024';
  END IF;
  IF NEW.cents <= 0 OR (SELECT coalesce(sum(cents), 0) FROM incubation_payment
      WHERE line_id = NEW.line_id AND taken_at IS NULL) + NEW.cents > promised THEN
    RAISE EXCEPTION 'incubation: more than was promised' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION incubation_line_holds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.grant_id, NEW.project_id) IS DISTINCT FROM (OLD.grant_id, OLD.project_id)
      OR NEW.committed < (SELECT coalesce(sum(cents), 0) FROM incubation_payment
        WHERE line_id = NEW.id AND taken_at IS NULL) THEN
    RAISE EXCEPTION 'incubation: more was paid of this line' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION incubation_payment_taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.taken_at IS NOT NULL OR NEW.taken_at IS NULL OR NEW.taken_by_id IS NULL OR length(trim(NEW.taken_why)) < 10
      OR (NEW.id, NEW.line_id, NEW.cents, NEW.paid_on) IS DISTINCT FROM (OLD.id, OLD.line_id, OLD.cents, OLD.paid_on) THEN
    RAISE EXCEPTION 'incubation: a payment is taken back once, with a reason, and never changed' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER incubation_payment_stays ON incubation_payment;
CREATE TRIGGER incubation_payment_stays BEFORE DELETE ON incubation_payment
  FOR EACH ROW EXECUTE FUNCTION incubation_stays();
CREATE TRIGGER incubation_payment_taken_back BEFORE UPDATE ON incubation_payment
  FOR EACH ROW EXECUTE FUNCTION incubation_payment_taken_back();
"""


class Migration(migrations.Migration):
    """Columns first, then the triggers that read them."""

    dependencies = [("incubation", "0006_no_revival")]
    operations = [
        migrations.AddField("payment", "taken_at", models.DateTimeField(null=True)),
        migrations.AddField("payment", "taken_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("payment", "taken_why", models.CharField(blank=True, default="", max_length=400)),
        migrations.AlterField("payment", "taken_why", models.CharField(blank=True, max_length=400)),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
