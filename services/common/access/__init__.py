"""Authorization: the call context, rules, and the keys that sign tokens."""
