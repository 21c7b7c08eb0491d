"""People who use the platform: sign-in, second factor, roles, invitations, recovery."""
