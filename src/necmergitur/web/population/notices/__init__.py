"""Where the control room writes the city's notices, under the control room's addresses."""
