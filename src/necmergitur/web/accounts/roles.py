"""The nine roles. One person may hold several; none includes another."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may be here. The value is stored and goes into events; the label is for eyes."""

    OPERATOR = "operator", _("Operator")
    LEAD = "lead", _("Room lead")
    DUTY_OFFICER = "duty_officer", _("Duty officer")
    PILOT = "pilot", _("Drone pilot")
    TECHNICIAN = "technician", _("Technician")
    RESPONDER = "responder", _("Responder")
    ADMINISTRATOR = "administrator", _("Administrator")
    LIAISON = "liaison", _("Family liaison")
    ANALYST = "analyst", _("Innovation analyst")
    DPO = "dpo", _("Data protection officer")
