"""PostgreSQL promises no cent twice and pays no more than was promised (NM024); steps and payments are never changed."""

from django.db import migrations

SQL = """
CREATE FUNCTION incubation_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE given bigint;
BEGIN
  SELECT cents INTO given FROM incubation_grant WHERE id = NEW.grant_id FOR UPDATE;
  IF NEW.committed <= 0 OR (SELECT coalesce(sum(committed), 0) FROM incubation_line
      WHERE grant_id = NEW.grant_id AND id <> NEW.id) + NEW.committed > given THEN
    RAISE EXCEPTION 'incubation: the grant does not hold so much' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_promised BEFORE INSERT OR UPDATE ON incubation_line
  FOR EACH ROW EXECUTE FUNCTION incubation_promise();
CREATE FUNCTION incubation_pay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE promised bigint;
BEGIN
  SELECT committed INTO promised FROM incubation_line WHERE id = NEW.line_id FOR UPDATE;
  IF NEW.cents <= 0 OR (SELECT coalesce(sum(cents), 0) FROM incubation_payment
      WHERE line_id = NEW.line_id) + NEW.cents > promised THEN
    RAISE EXCEPTION 'incubation: more than was promised' USING ERRCODE = 'NM024';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incubation_paid BEFORE INSERT ON incubation_payment FOR EACH ROW EXECUTE FUNCTION incubation_pay();
CREATE FUNCTION incubation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'incubation: what happened is not changed' USING ERRCODE = 'NM024';
END $$;
CREATE TRIGGER incubation_step_stays BEFORE UPDATE ON incubation_step FOR EACH ROW EXECUTE FUNCTION incubation_stays();
CREATE TRIGGER incubation_payment_stays BEFORE UPDATE OR DELETE ON incubation_payment
  FOR EACH ROW EXECUTE FUNCTION incubation_stays();
"""


class Migration(migrations.Migration):
    """Triggers alone."""

    dependencies = [("incubation", "0001_incubation")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
