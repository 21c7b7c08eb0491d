"""Whether the body a need speaks for was asked. What an account stated counts as asked, as until now."""

from django.db import migrations, models

ASKED = """
UPDATE programme_need SET confirmed_at = stated_at, confirmed_by_id = stated_by_id WHERE stated_by_id IS NOT NULL
"""


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = [("programme", "0005_followed")]

    operations = [
        migrations.AddField(model_name="need", name="confirmed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="need", name="confirmed_by_id", field=models.BigIntegerField(null=True)),
        migrations.RunSQL(ASKED, migrations.RunSQL.noop),
    ]
