from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0001_console")]

    operations = [
        migrations.CreateModel(
            name="SilentHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("devices", models.PositiveIntegerField()),
            ],
            options={"db_table": "silent_hour"},
        ),
    ]
