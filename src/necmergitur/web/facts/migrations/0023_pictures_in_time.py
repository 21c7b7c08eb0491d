"""A picture's hour is the law's and never put off; who looked at one is kept for three years, and not a day less.

PostgreSQL reads no file of rules: it holds to what decree 2023-283 bounds. A stricter rule is obeyed by our own code.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION still_refuse_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.expires_at > NEW.taken_at + (CASE WHEN NEW.interior THEN interval '48 hours' ELSE interval '7 days' END) THEN
      RAISE EXCEPTION 'still: kept longer than the law allows: %', NEW.id USING ERRCODE = 'NM015';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' OR NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed
      OR to_jsonb(NEW) - 'sealed' <> to_jsonb(OLD) - 'sealed' THEN
    RAISE EXCEPTION 'still: it may only be erased: %', OLD.id USING ERRCODE = 'NM015';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER still_kept BEFORE INSERT OR UPDATE OR DELETE ON still
  FOR EACH ROW EXECUTE FUNCTION still_refuse_kept();

CREATE FUNCTION still_view_refuse_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' OR OLD.viewed_at > clock_timestamp() - interval '1095 days' THEN
    RAISE EXCEPTION 'still_view: who looked is kept for three years: %', OLD.id USING ERRCODE = 'NM015';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER still_view_kept BEFORE UPDATE OR DELETE ON still_view
  FOR EACH ROW EXECUTE FUNCTION still_view_refuse_lost();
REVOKE UPDATE ON still_view FROM nec_ledger;
GRANT DELETE ON still_view TO nec_ledger;
CREATE INDEX still_view_viewed ON still_view (viewed_at);
"""


class Migration(migrations.Migration):
    """Two guards; rows already there are not judged again, and go at their hour."""

    dependencies = [("facts", "0022_shut_with_the_log")]
    operations = [migrations.RunSQL(GUARDS, migrations.RunSQL.noop)]
