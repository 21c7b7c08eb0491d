"""Simulated buttons that speak to the real broker and the real intake, exactly as the city's would."""
