"""Metadata descriptors: a production's own columns."""
