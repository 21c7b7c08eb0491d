"""Break-glass: where two people open what a role may not usually read, and a data protection officer judges it."""
