"""The personal button as a page: one big button, installable, and a plain form beneath it."""
