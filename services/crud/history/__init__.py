"""The history of all events: described by their owners, numbered, kept and published in full."""
