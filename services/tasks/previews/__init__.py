"""Previews: announced, filled with a file, drawn on, sent."""
