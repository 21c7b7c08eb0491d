"""The dialogue between the city and its people: statements, votes, opinion groups, and the answers the city owes."""
