"""People and sessions, by themselves."""
