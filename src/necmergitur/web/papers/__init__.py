"""Papers: what pages show, as PDF files made of the same values."""
