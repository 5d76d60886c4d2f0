"""Calling services over the broker, on the event loop."""
