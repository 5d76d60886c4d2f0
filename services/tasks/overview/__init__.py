"""Lists of a production's entities with their tasks."""
