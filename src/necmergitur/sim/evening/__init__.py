"""An evening of the city: the production operations under a virtual clock, with only the adapters replaced."""
