"""PostgreSQL lends nothing twice at once, and keeps what was published as it was (NM028).

The exclusion is over two ranges, of which the first holds the thing's number alone: ranges need no extension, so any
PostgreSQL will do.
"""

from django.db import migrations

SQL = """
ALTER TABLE commons_booking ADD CONSTRAINT commons_never_twice EXCLUDE USING gist (
  int8range(thing_id, thing_id, '[]') WITH &&, tstzrange(begins, ends) WITH &&) WHERE (state IN ('asked', 'confirmed'));

CREATE FUNCTION commons_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL AND length(NEW.content) = 0
    AND to_jsonb(OLD) - '{content,emptied_at}'::text[] = to_jsonb(NEW) - '{content,emptied_at}'::text[] THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'commons: a version stands; it can only be emptied' USING ERRCODE = 'NM028';
END $$;
CREATE TRIGGER commons_version_stands BEFORE UPDATE OR DELETE ON commons_version
  FOR EACH ROW EXECUTE FUNCTION commons_version_stands();

CREATE FUNCTION commons_version_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF encode(sha256(NEW.content), 'hex') <> NEW.sha256 OR length(NEW.content) <> NEW.size THEN
    RAISE EXCEPTION 'commons: these are not the bytes of this digest' USING ERRCODE = 'NM028';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER commons_version_is_whole BEFORE INSERT ON commons_version
  FOR EACH ROW EXECUTE FUNCTION commons_version_is_whole();

CREATE FUNCTION commons_letter_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.sent_at IS NOT NULL AND (NEW.sent_at IS DISTINCT FROM OLD.sent_at
    OR (NEW.title_fr, NEW.text_fr, NEW.title_en, NEW.text_en)
      IS DISTINCT FROM (OLD.title_fr, OLD.text_fr, OLD.title_en, OLD.text_en)) THEN
    RAISE EXCEPTION 'commons: an issue that left is not written anew' USING ERRCODE = 'NM028';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER commons_letter_stands BEFORE UPDATE ON commons_letter
  FOR EACH ROW EXECUTE FUNCTION commons_letter_stands();

CREATE FUNCTION commons_mailed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'commons: a mail that may have left is not due again' USING ERRCODE = 'NM028';
END $$;
CREATE TRIGGER commons_mailed_once BEFORE UPDATE ON commons_delivery
  FOR EACH ROW WHEN (OLD.way IN ('sent', 'unsure') AND NEW.way IN ('due', 'handing'))
  EXECUTE FUNCTION commons_mailed_once();
"""


class Migration(migrations.Migration):
    """A constraint and triggers: no row changes."""

    dependencies = [("commons", "0001_commons")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
