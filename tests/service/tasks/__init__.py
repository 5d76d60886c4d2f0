"""Tasks, comments, time, by themselves."""
