"""Words of sensors: kinds, purposes, readers, and the rules that stop or refuse."""

from django.utils.translation import gettext_lazy as _

MODALITIES = {"crowd_count": _("count of people"), "advice": _("advice of a solution on trial")}
PURPOSES = {
    "crowd_safety": _("safety of crowds"),
    "emergency_response": _("answer to emergencies"),
    "maintenance": _("maintenance"),
    "training": _("training"),
}
# A rule of the gate, of the broker's intake or of reading back, in words anybody understands.
RULES = {
    "": _("never told to run"),
    "no_authorisation": _("no authorisation opens it"),
    "authorisation_expired": _("its authorisation is over"),
    "authorisation_not_yet": _("its authorisation has not begun"),
    "authorisation_revoked": _("its authorisation was revoked"),
    "authorisation_suspended": _("its authorisation is suspended"),
    "authorisation_not_in_force": _("its authorisation is revoked or suspended"),
    "payload_schema_not_authorised": _("it says something else than was authorised"),
    "gate_table_stale": _("the authorisations could not be read"),
    "sensor_retired": _("out of service"),
    "rate_exceeded": _("more readings than authorised"),
    "bit_budget_exceeded": _("more than speech would need"),
    "flood": _("a flood of readings"),
    "record_away": _("the database was away"),
    "record_full": _("the disk of the record is full"),
    "log_not_written": _("the public log cannot be written"),
    "refused_by_the_database": _("refused by the database itself"),
    "reading_replayed": _("said before"),
    "reading_out_of_order": _("out of order"),
    "reading_not_of_now": _("not of this minute"),
    "reading_of_an_older_boot": _("a second device with the same key"),
    "boot_from_the_future": _("a start in the future"),
    "reading_unreadable": _("unreadable"),
    "reading_too_large": _("too long"),
    "payload_too_large": _("too long"),
    "reading_not_of_its_type": _("not of its type"),
    "status_unreadable": _("unreadable"),
    "status_too_large": _("too long"),
    "status_changes_exceeded": _("changes what it is too often"),
    "clock_went_back": _("the machine's clock went back"),
    "read_purpose_not_authorised": _("read for another purpose"),
    "read_reader_not_authorised": _("read in another role"),
    "read_authorisation_not_in_force": _("read without an authorisation in force"),
    "read_no_authorisation": _("read without an authorisation"),
    "purpose_not_authorised": _("The authorisation does not allow this purpose."),
    "range_too_long": _("Ask for less time at once."),
    "sensor_unknown": _("No such sensor is known here."),
    "reader_not_authorised": _("The authorisation does not allow your role to read."),
    "unreachable": _("The database does not answer."),
}


def rule(name: str) -> str:
    """Return a rule in words; a new one by its own name."""
    return str(RULES.get(name, name.replace("_", " ")))
