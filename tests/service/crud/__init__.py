"""Productions and teams, by themselves."""
