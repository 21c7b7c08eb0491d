"""City files in and out: quarters (GeoJSON), street graphs (text), airspace zones (ED-269, ED-318)."""
