"""Since when a deployment is in service: what it did is told with how long that was. Of older ones, when recorded."""

from django.db import migrations, models

SQL = "UPDATE programme_deployment SET running_at = created_at WHERE state <> 'planned';"


class Migration(migrations.Migration):
    """One column more."""

    dependencies = [("programme", "0007_split")]
    operations = [
        migrations.AddField(model_name="deployment", name="running_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
