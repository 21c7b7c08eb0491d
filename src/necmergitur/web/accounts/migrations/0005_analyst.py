"""A role for the city's innovation team."""

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
    ("analyst", "Innovation analyst"),
    ("dpo", "Data protection officer"),
]


class Migration(migrations.Migration):
    """Only the choices change: no row does."""

    dependencies = [("accounts", "0004_family_liaison")]
    operations = [
        migrations.AlterField(
            model_name=model, name="role", field=models.CharField(choices=ROLES, max_length=20, **more)
        )
        for model, more in (("enrolmentlink", {"blank": True}), ("rolegrant", {}))
    ]
