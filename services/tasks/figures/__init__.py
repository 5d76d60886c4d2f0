"""What was done in productions: quotas of people and task types, statistics."""
