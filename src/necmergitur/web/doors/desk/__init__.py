"""Open doors in the control room: official shelters, closed areas, cases, and guests whom a person looks after."""
