"""Tasks: creation, assignment, lists, time spent."""
