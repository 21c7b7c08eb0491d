"""The innovation programme: needs, and the chain from each of them to what is deployed."""
