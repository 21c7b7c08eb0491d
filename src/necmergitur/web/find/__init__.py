"""Looking for people: declare, ask, follow, appeals, and the exchange with other registries."""
