"""The active watch: sources followed, what they say matched to needs, comparisons, and imports from spreadsheets."""
