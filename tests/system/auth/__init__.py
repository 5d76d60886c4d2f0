"""Authentication, sessions and people, through the gateway."""
