"""Whether a match is strong of itself, and what is strong first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column, and an order."""

    dependencies = [("watch", "0001_watch")]

    operations = [
        migrations.AddField(model_name="match", name="strong", field=models.BooleanField(null=True)),
        migrations.AlterModelOptions(
            name="match",
            options={"ordering": (models.F("strong").desc(nulls_last=True), "-score", "item_id")},
        ),
    ]
