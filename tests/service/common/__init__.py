"""The kernel on each service's database."""
