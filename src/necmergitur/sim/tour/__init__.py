"""The worked example of a demonstration: an idea that goes from a need to a report while one looks on."""
