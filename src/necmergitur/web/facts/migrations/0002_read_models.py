"""Tell Django that the read tables exist, and that they are not its to change (columns: see facts.models)."""

from django.db import migrations, models

TABLES = {
    "AirspaceNotice": "airspace_notice",
    "Authorisation": "authorisation",
    "City": "city",
    "Device": "device",
    "DeviceHealth": "device_health",
    "Dock": "dock",
    "Drone": "drone",
    "DroneState": "drone_state",
    "GeozoneSet": "geozone_set",
    "Incident": "incident",
    "IncidentNote": "incident_note",
    "IncidentSignal": "incident_signal",
    "LedgerEvent": "ledger_event",
    "Mission": "mission",
    "Observation": "observation",
    "Outbox": "outbox",
    "PilotShift": "pilot_shift",
    "Proposal": "proposal",
    "Qualification": "qualification",
    "ResponderTask": "responder_task",
    "Signal": "signal",
    "Still": "still",
    "StillView": "still_view",
    "SystemAlarm": "system_alarm",
    "TestWindow": "test_window",
    "Zone": "zone",
}


class Migration(migrations.Migration):
    """State only: nothing happens in the database."""

    dependencies = [("facts", "0001_facts")]
    operations = [
        migrations.CreateModel(
            name=name,
            fields=[("id", models.TextField(primary_key=True))],
            options={"managed": False, "db_table": table},
        )
        for name, table in TABLES.items()
    ]
