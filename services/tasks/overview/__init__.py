"""Entities with their tasks, as a production opens."""
