"""The services, each owner of its tables, rules and events."""
