"""A role for whoever answers families and tends the records of people looked for."""

from django.db import migrations, models

ROLES = [
    ("operator", "Operator"),
    ("lead", "Room lead"),
    ("duty_officer", "Duty officer"),
    ("pilot", "Drone pilot"),
    ("technician", "Technician"),
    ("responder", "Responder"),
    ("administrator", "Administrator"),
    ("liaison", "Family liaison"),
    ("dpo", "Data protection officer"),
]


class Migration(migrations.Migration):
    """Only the choices change: no row does."""

    dependencies = [("accounts", "0003_data_protection_officer")]
    operations = [
        migrations.AlterField(
            model_name=model, name="role", field=models.CharField(choices=ROLES, max_length=20, **more)
        )
        for model, more in (("enrolmentlink", {"blank": True}), ("rolegrant", {}))
    ]
