"""A live picture is for these readers, while the call is open, the drone on scene and its flight or camera in force: a
camera's address is given out on PostgreSQL's own judgement of all four."""

from django.db import migrations

SQL = """
INSERT INTO personal_access (what, purpose, reader, law, live)
SELECT 'picture', 'answer_call', r, 'call_for_help', true
FROM unnest('{operator,lead,duty_officer,pilot,responder_told}'::text[]) r;

CREATE FUNCTION picture_opens(of_mission uuid, account bigint, readers text[], at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE m public.mission%ROWTYPE; f public.authorisation%ROWTYPE;
BEGIN
  SELECT * INTO m FROM public.mission WHERE id = of_mission;
  IF m.state IS DISTINCT FROM 'flying' OR m.phase <> 'on_scene' THEN RETURN false; END IF;
  SELECT * INTO f FROM public.authorisation WHERE id = m.authorisation_id;
  RETURN public.authorisation_in_force(f, at)
    AND (coalesce((f.conditions->>'recording')::boolean, true) OR EXISTS (
      SELECT FROM public.authorisation a JOIN public.incident i ON i.id = m.incident_id
      WHERE a.kind = 'stream' AND a.modality = 'drone_camera' AND a.purpose = 'emergency_response'
        AND (a.streams IS NULL OR 'drone_cameras' = ANY(a.streams))
        AND (a.zones IS NULL OR i.zone_id = ANY(a.zones)) AND public.authorisation_in_force(a, at)))
    AND EXISTS (SELECT FROM unnest(readers) r
                WHERE public.access_opens('picture', 'answer_call', r, account, m.incident_id));
END $$;
"""


class Migration(migrations.Migration):
    """Add the readers, and the judgement."""

    dependencies = [("facts", "0043_lifted")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
