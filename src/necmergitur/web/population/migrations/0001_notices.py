"""The city's notices. NM020: one not written by a lead or duty officer, approved by its author, or changed afterwards."""

from django.db import migrations, models

SQL = """
CREATE TABLE city_notice (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  text_fr text NOT NULL CHECK (btrim(text_fr) <> '' AND length(text_fr) <= 400),
  text_en text NOT NULL CHECK (btrim(text_en) <> '' AND length(text_en) <= 400),
  until timestamptz NOT NULL CHECK (until > written_at),
  written_by bigint NOT NULL,
  written_name text NOT NULL,
  written_at timestamptz NOT NULL,
  approved_by bigint CHECK (approved_by <> written_by),
  approved_name text NOT NULL DEFAULT '',
  approved_at timestamptz CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
  ended_by bigint,
  ended_name text NOT NULL DEFAULT '',
  ended_at timestamptz CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- As its owner: pages may not ask who holds what role.
CREATE FUNCTION city_notice_refuse() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE may text[] := '{lead,duty_officer}'; changing text[];
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
    RAISE EXCEPTION 'notice: none is ever deleted' USING ERRCODE = 'NM020';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF num_nonnulls(NEW.approved_by, NEW.ended_by) > 0 OR NOT public.account_holds(NEW.written_by, may) THEN
      RAISE EXCEPTION 'notice: it may not be written like this' USING ERRCODE = 'NM020';
    END IF;
    RETURN NEW;
  END IF;
  changing := CASE WHEN OLD.ended_at IS NOT NULL THEN '{}'
    WHEN OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL THEN '{approved_by,approved_name,approved_at}'
    ELSE '{ended_by,ended_name,ended_at}' END;
  IF to_jsonb(NEW) - changing <> to_jsonb(OLD) - changing
    OR NOT public.account_holds(coalesce(NEW.ended_by, NEW.approved_by), may) THEN
    RAISE EXCEPTION 'notice: it may not be changed like this' USING ERRCODE = 'NM020';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER city_notice_guard BEFORE INSERT OR UPDATE OR DELETE ON city_notice
  FOR EACH ROW EXECUTE FUNCTION city_notice_refuse();
CREATE TRIGGER city_notice_kept BEFORE TRUNCATE ON city_notice
  FOR EACH STATEMENT EXECUTE FUNCTION city_notice_refuse();
REVOKE ALL ON FUNCTION city_notice_refuse() FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (approved_by, approved_name, approved_at, ended_by, ended_name, ended_at)
  ON city_notice TO nec_web;
GRANT SELECT ON city_notice TO nec_ledger;
"""


class Migration(migrations.Migration):
    """Add the table and its guard."""

    initial = True
    dependencies = [("facts", "0027_crises"), ("accounts", "0001_accounts")]
    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Notice",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={"managed": False, "db_table": "city_notice"},
        ),
    ]
