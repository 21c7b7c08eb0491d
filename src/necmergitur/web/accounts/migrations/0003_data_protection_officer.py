"""A role for whoever watches over personal data."""

from django.db import migrations, models

ROLES = [
    ("operator", "Operator"),
    ("lead", "Room lead"),
    ("duty_officer", "Duty officer"),
    ("pilot", "Drone pilot"),
    ("technician", "Technician"),
    ("responder", "Responder"),
    ("administrator", "Administrator"),
    ("dpo", "Data protection officer"),
]


class Migration(migrations.Migration):
    """Only the choices change: no row does."""

    dependencies = [("accounts", "0002_history_only_grows")]
    operations = [
        migrations.AlterField(
            model_name=model, name="role", field=models.CharField(choices=ROLES, max_length=20, **more)
        )
        for model, more in (("enrolmentlink", {"blank": True}), ("rolegrant", {}))
    ]
