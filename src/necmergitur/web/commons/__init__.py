"""What the programme shares: rooms and equipment to book, documents with versions, a letter, a calendar."""
