"""Letters: what the programme writes by mail to people without account, and how they ask for their address again."""
