"""Open doors: pages for whoever needs shelter for a night, and whoever can give it. No account, no script, no list."""
