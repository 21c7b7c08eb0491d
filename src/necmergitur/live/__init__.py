"""Live: a small ASGI process. Events out to browsers, presses in over HTTPS. No Django, no rules."""
