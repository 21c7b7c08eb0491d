"""The demonstration: a simulated, living city beside the real product. Nothing here is used in production."""
