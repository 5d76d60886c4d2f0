"""Tasks: made, assigned, listed, timed."""
