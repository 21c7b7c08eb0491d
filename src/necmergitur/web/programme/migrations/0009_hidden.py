"""Since when the words of a need are not shown to the public, why, and who decided it."""

from django.db import migrations, models

REASONS = (
    ("person", "It names a person, or says how to reach one."),
    ("insult", "It insults or threatens."),
    ("none", "It states no need."),
)


class Migration(migrations.Migration):
    """Three columns: what was stated until now is shown."""

    dependencies = [("programme", "0008_in_service")]
    operations = [
        migrations.AddField(model_name="need", name="hidden_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="need",
            name="hidden_why",
            field=models.CharField(blank=True, choices=REASONS, max_length=8),
        ),
        migrations.AddField(model_name="need", name="hidden_by_id", field=models.BigIntegerField(null=True)),
    ]
