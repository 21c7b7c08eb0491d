"""The administrator's page of partners."""
