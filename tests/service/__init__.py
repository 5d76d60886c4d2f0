"""One service in this process, on a real PostgreSQL that each test leaves as it was."""
