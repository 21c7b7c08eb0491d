"""A crisis opens its people to these readers, for these purposes, while it is kept: the gate's table holds it, and so
does PostgreSQL (NM018).

A look says as which reader and what for; whoever answers a call reads the words of those who made it from the page, and
of nobody else.
"""

from django.db import migrations

SQL = """
ALTER TABLE personal_access DROP CONSTRAINT personal_access_law_check,
  ADD CONSTRAINT personal_access_law_check CHECK (law IN ('call_for_help', 'governance', 'crisis')),
  ADD COLUMN service text NOT NULL DEFAULT '' CHECK (service IN ('', 'safe', 'find', 'doors'));
INSERT INTO personal_access (what, purpose, reader, law, live, service)
SELECT 'call', 'answer_call', r, 'call_for_help', true, '' FROM unnest('{operator,lead,duty_officer}'::text[]) r
UNION ALL SELECT w, p, r, 'crisis', false, '' FROM unnest('{search,candidate,record}'::text[]) w,
  unnest('{answer_call,family,identify,abuse,duplicate,import}'::text[]) p, unnest('{liaison,lead,duty_officer}'::text[]) r
UNION ALL SELECT 'queue', p, r, 'crisis', false, 'find' FROM unnest('{duplicate,abuse,family}'::text[]) p,
  unnest('{liaison,lead,duty_officer}'::text[]) r
UNION ALL SELECT 'case', p, r, 'crisis', false, 'doors' FROM unnest('{answer_call,abuse}'::text[]) p,
  unnest('{operator,lead,duty_officer}'::text[]) r
UNION ALL SELECT 'reasons', 'oversee', r, 'crisis', false, '' FROM unnest('{lead,duty_officer,dpo}'::text[]) r;

ALTER TABLE population.look DROP CONSTRAINT look_what_check,
  ADD CONSTRAINT look_what_check CHECK (what IN ('search', 'candidate', 'record', 'call', 'queue', 'case'));

-- Whether a crisis, or an open call that somebody made from its page, opens this to an account as such a reader, now.
CREATE FUNCTION population.look_opens(l population.look) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE c population.crisis%ROWTYPE; a public.personal_access%ROWTYPE;
BEGIN
  SELECT * INTO c FROM population.crisis WHERE id = l.crisis_id;
  SELECT * INTO a FROM public.personal_access p WHERE p.what = l.what AND p.purpose = l.purpose AND p.reader = l.role;
  RETURN a.what IS NOT NULL AND c.opened_at IS NOT NULL AND c.erased_at IS NULL
    AND l.at >= c.opened_at AND (c.purge_at IS NULL OR (l.at < c.purge_at AND clock_timestamp() < c.purge_at))
    AND (a.service = '' OR a.service = ANY(c.services))
    AND public.is_about_now(l.at) AND public.account_holds(l."by", ARRAY[l.role])
    AND (NOT a.live OR EXISTS (
      WITH RECURSIVE heard AS (
        SELECT i.incident_id AS id FROM public.signal s
        JOIN public.incident_signal i ON i.signal_id = s.id AND i.undone_at IS NULL
        WHERE s.device_id = 'safe-' || encode(l.subject, 'hex')
        UNION SELECT n.merged_into FROM heard h JOIN public.incident n ON n.id = h.id WHERE n.merged_into IS NOT NULL)
      SELECT FROM heard h JOIN public.incident n ON n.id = h.id WHERE n.state = 'open'));
END $$;

CREATE OR REPLACE FUNCTION population.look_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND EXISTS (
      SELECT FROM population.look l JOIN taken t ON t.id = l.id WHERE population.look_opens(l) IS NOT TRUE) THEN
    RAISE EXCEPTION 'population: nobody may look like this' USING ERRCODE = 'NM018';
  END IF;
  -- What was looked at stays said as long as the crisis is kept.
  IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM taken t JOIN population.crisis c ON c.id = t.crisis_id
             WHERE c.purge_at IS NULL OR clock_timestamp() < c.purge_at) THEN
    RAISE EXCEPTION 'population: a look is not unsaid' USING ERRCODE = 'NM018';
  END IF;
  RETURN NULL;
END $$;

-- The gate's tables follow a crisis as they follow a paper.
CREATE TRIGGER crisis_followed AFTER UPDATE ON population.crisis
  FOR EACH ROW WHEN (OLD.opened_at IS DISTINCT FROM NEW.opened_at OR OLD.purge_at IS DISTINCT FROM NEW.purge_at
    OR OLD.erased_at IS DISTINCT FROM NEW.erased_at) EXECUTE FUNCTION gate_follow();
"""


class Migration(migrations.Migration):
    """Add what crises open to the list, and judge looks by it."""

    dependencies = [("facts", "0041_bans")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
