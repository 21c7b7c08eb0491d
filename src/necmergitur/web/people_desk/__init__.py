"""The desk for agents: people who said how they are, people looked for, and every look at them written down."""
