"""The control room: board, incidents, missions, pilots, shifts, devices, fleet, authorisations, supervision."""
