"""How a drone's picture is opened: multipart JPEG, or WebRTC by WHEP."""

from django.db import migrations

CAMERA_KIND = """
ALTER TABLE drone ADD COLUMN camera_kind text NOT NULL DEFAULT 'mjpeg' CHECK (camera_kind IN ('mjpeg', 'whep'));
"""


class Migration(migrations.Migration):
    """One column; drones already installed keep their multipart JPEG."""

    dependencies = [("facts", "0006_places_and_turns")]
    operations = [migrations.RunSQL(CAMERA_KIND, "ALTER TABLE drone DROP COLUMN camera_kind;")]
