"""The ten best of a week, kept when it is over: what is said of it later changes no more with the matching."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("watch", "0002_strong"), ("programme", "0001_chain")]

    operations = [
        migrations.CreateModel(
            name="WeekBest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("monday", models.DateField(db_index=True)),
                ("place", models.PositiveSmallIntegerField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="weeks", to="watch.item"
                    ),
                ),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="weeks", to="programme.need"
                    ),
                ),
            ],
            options={
                "db_table": "watch_week",
                "ordering": ("monday", "place"),
                "constraints": [models.UniqueConstraint(fields=["need", "monday", "place"], name="watch_week_once")],
            },
        ),
    ]
