"""Territory: the city as a value - zones, docks, buttons, streets - and the airspace above it. Pure."""
