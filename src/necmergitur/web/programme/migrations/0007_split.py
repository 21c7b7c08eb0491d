"""A vote keeps the way it came as needs were merged, so that it goes back when a merge is taken back."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """A column. Votes of merges made before stay where they count."""

    dependencies = [("programme", "0006_confirmed")]
    operations = [
        migrations.AddField(
            model_name="vote",
            name="via",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
        ),
    ]
