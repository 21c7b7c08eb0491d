"""What every connection of ours asks of PostgreSQL, whatever the server, the database or the role would say."""

# Instants are read back as UTC: a server set to local time would hand out wall clocks, and an hour twice each autumn.
UTC_SESSION = "-c timezone=UTC"
