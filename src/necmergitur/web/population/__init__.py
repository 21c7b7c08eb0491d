"""What the population uses in a crisis: "I'm safe" and its receipt, the city's notices, the state of the services."""
