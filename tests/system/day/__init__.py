"""A production's day: one script in named steps, as the ``gazu`` client plays it."""
